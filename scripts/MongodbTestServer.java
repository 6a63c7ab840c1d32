import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;

/** Runs the server for tests until standard input ends. See mongodb-test-server. */
class MongodbTestServer {
    /** The driver talks to servers from 4.4 on; what the tests need is in this one too. */
    private record Version() implements MongoVersion {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 13;
        }

        @Override
        public String toVersionString() {
            return "5.0.0";
        }
    }

    public static void main(String[] arguments) throws Exception {
        var server = new MongoServer(new MemoryBackend().version(new Version()));
        server.bind("127.0.0.1", 0);
        var address = server.getLocalAddress();
        System.out.println("listening on 127.0.0.1:" + address.getPort());
        System.out.flush();
        while (System.in.read() >= 0) {
            // What is written to it does not matter.
        }
        server.shutdownNow();
        System.exit(0);
    }
}
