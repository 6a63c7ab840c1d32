import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.BinData;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.MongoServerError;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import de.bwaldvogel.mongo.wire.message.MongoQuery;
import io.netty.channel.Channel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Runs the server for tests until standard input ends. See mongodb-test-server.
 *
 * <p>Without arguments: on a free port of 127.0.0.1, open to all. With {@code FIRST SECOND FILE}: it demands users with
 * SCRAM-SHA-256 and lets each do what its roles allow; {@code admin} may do everything with the password in FILE. It
 * listens on the address FIRST, and from the first line of standard input on also on SECOND.
 */
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
        var guarded = arguments.length == 3;
        var backend = guarded ? new Guarded(Files.readString(Path.of(arguments[2])).strip()) : new MemoryBackend();
        backend.version(new Version());
        var server = listen(backend, guarded ? arguments[0] : "127.0.0.1:0");
        var open = !guarded;
        for (int read = System.in.read(); read >= 0; read = System.in.read()) {
            // Without users, what is written to it does not matter.
            if (!open && read == '\n') {
                listen(backend, arguments[1]);
                open = true;
            }
        }
        server.shutdownNow();
        System.exit(0);
    }

    private static MongoServer listen(MemoryBackend backend, String address) {
        var server = new MongoServer(backend);
        var colon = address.lastIndexOf(':');
        server.bind(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
        var local = server.getLocalAddress();
        System.out.println("listening on " + local.getAddress().getHostAddress() + ":" + local.getPort());
        System.out.flush();
        return server;
    }

    /** Who may do what: MongoDB's users and roles, as far as deploy/mongodb/init.js uses them. */
    private static class Guarded extends MemoryBackend {
        private final Map<String, User> users = new ConcurrentHashMap<>();
        private final Map<String, Document> roles = new ConcurrentHashMap<>();
        private final Map<Channel, Login> logins = new ConcurrentHashMap<>();

        Guarded(String password) throws GeneralSecurityException {
            users.put("admin.admin", User.of("admin", "admin", password, List.of()));
        }

        @Override
        public void handleClose(Channel channel) {
            logins.remove(channel);
            super.handleClose(channel);
        }

        @Override
        public QueryResult handleQuery(MongoQuery query) {
            var command = query.getQuery().isEmpty() ? "" : query.getQuery().keySet().iterator().next();
            if (!query.getCollectionName().equals("$cmd") || !FREE.contains(command.toLowerCase())) {
                throw denied(query.getDatabaseName(), command);
            }
            var answers = new ArrayList<Document>();
            super.handleQuery(query).forEach(answer -> answers.add(mechanisms(query.getQuery(), answer)));
            return new QueryResult(answers);
        }

        @Override
        public Document handleMessage(MongoMessage message) {
            var document = message.getDocument();
            var command = document.keySet().iterator().next();
            var database = message.getDatabaseName();
            try {
                switch (command) {
                    case "saslStart":
                        return start(message.getChannel(), database, document);
                    case "saslContinue":
                        return proceed(message.getChannel(), document);
                    default:
                }
                if (!FREE.contains(command.toLowerCase())) {
                    check(message.getChannel(), database, command, document);
                }
                var answer = manage(database, command, document);
                return answer != null ? answer : mechanisms(document, super.handleMessage(message));
            } catch (GeneralSecurityException error) {
                throw new IllegalStateException(error);
            }
        }

        private static Document mechanisms(Document asked, Document answer) {
            if (asked.containsKey("saslSupportedMechs")) {
                answer.put("saslSupportedMechs", List.of("SCRAM-SHA-256"));
            }
            return answer;
        }

        /** What is allowed before a login. */
        private static final Set<String> FREE = Set.of("hello", "ismaster", "ping", "buildinfo", "endsessions", "whatsmyuri");

        /** Commands on users and roles, which `check` leaves to the administrator; null for others. */
        private Document manage(String database, String command, Document asked) throws GeneralSecurityException {
            var name = database + "." + asked.get(command);
            switch (command) {
                case "createRole", "updateRole" -> {
                    exists("role", name, roles.containsKey(name), command.equals("updateRole"));
                    roles.put(name, asked);
                    return done();
                }
                case "createUser", "updateUser" -> {
                    exists("user", name, users.containsKey(name), command.equals("updateUser"));
                    users.put(name, User.of(database, (String) asked.get(command), (String) asked.get("pwd"), documents(asked, "roles")));
                    return done();
                }
                case "rolesInfo", "usersInfo" -> {
                    var wanted = (Document) asked.get(command);
                    var key = wanted.get("db") + "." + wanted.get(command.equals("rolesInfo") ? "role" : "user");
                    var there = command.equals("rolesInfo") ? roles.containsKey(key) : users.containsKey(key);
                    var found = there ? List.of(wanted.cloneDeeply()) : List.of();
                    return done().append(command.equals("rolesInfo") ? "roles" : "users", found);
                }
                default -> {
                    return null;
                }
            }
        }

        private static void exists(String what, String name, boolean is, boolean wanted) {
            if (is != wanted) {
                throw new MongoServerError(is ? 51002 : 11, is ? "DuplicateKey" : "NotFound", what + " " + name + (is ? " exists" : " is missing"));
            }
        }

        private void check(Channel channel, String database, String command, Document asked) {
            var login = logins.get(channel);
            if (login == null || !login.done) {
                throw new MongoServerError(13, "Unauthorized", "command " + command + " requires authentication");
            }
            if (login.user.name.equals("admin") && login.user.database.equals("admin")) {
                return;
            }
            var needed = actions(command, asked);
            for (var role : login.user.roles) {
                var definition = roles.get(role.get("db") + "." + role.get("role"));
                for (var privilege : definition == null ? List.<Document>of() : documents(definition, "privileges")) {
                    var resource = (Document) privilege.get("resource");
                    if (database.equals(resource.get("db")) && "".equals(resource.get("collection"))) {
                        needed.removeAll((Collection<?>) privilege.get("actions"));
                    }
                }
            }
            if (!needed.isEmpty()) {
                throw denied(database, command);
            }
        }

        /** The privilege actions that MongoDB's manual names for a command; its own name where none is known. */
        private static Set<String> actions(String command, Document asked) {
            var needed = new LinkedHashSet<String>();
            switch (command) {
                case "getMore", "killCursors" -> { }
                case "find", "count", "distinct", "aggregate" -> needed.add("find");
                case "delete" -> needed.add("remove");
                case "create" -> needed.add("createCollection");
                case "createIndexes" -> needed.add("createIndex");
                case "update" -> {
                    needed.add("update");
                    documents(asked, "updates").stream().filter(one -> Boolean.TRUE.equals(one.get("upsert"))).forEach(one -> needed.add("insert"));
                }
                case "findAndModify" -> {
                    needed.add("find");
                    needed.add(Boolean.TRUE.equals(asked.get("remove")) ? "remove" : "update");
                    if (Boolean.TRUE.equals(asked.get("upsert"))) {
                        needed.add("insert");
                    }
                }
                default -> needed.add(command);
            }
            return needed;
        }

        private static MongoServerError denied(String database, String command) {
            return new MongoServerError(13, "Unauthorized", "not authorized on " + database + " to execute command " + command);
        }

        private Document start(Channel channel, String database, Document asked) {
            if (!"SCRAM-SHA-256".equals(asked.get("mechanism"))) {
                throw new MongoServerError(334, "MechanismUnavailable", "only SCRAM-SHA-256 is known");
            }
            var first = text(asked).replaceFirst("^n,[^,]*,", "");
            var fields = fields(first);
            var user = users.get(database + "." + fields.getOrDefault("n", "").replace("=2C", ",").replace("=3D", "="));
            if (user == null) {
                throw failed();
            }
            var nonce = fields.get("r") + Base64.getEncoder().encodeToString(User.random(18));
            var challenge = "r=" + nonce + ",s=" + Base64.getEncoder().encodeToString(user.salt) + ",i=" + User.ROUNDS;
            logins.put(channel, new Login(user, nonce, first + "," + challenge));
            return answer(challenge, false);
        }

        private Document proceed(Channel channel, Document asked) throws GeneralSecurityException {
            var login = logins.get(channel);
            if (login == null) {
                throw failed();
            }
            if (login.done) {
                return answer("", true);
            }
            var last = text(asked);
            var fields = fields(last);
            var proof = Base64.getDecoder().decode(fields.getOrDefault("p", ""));
            var said = login.said + "," + last.replaceFirst(",p=[^,]*$", "");
            var key = User.mac(login.user.storedKey, said);
            for (int i = 0; i < key.length; i++) {
                key[i] ^= i < proof.length ? proof[i] : 0;
            }
            var stored = MessageDigest.getInstance("SHA-256").digest(key);
            if (!login.nonce.equals(fields.get("r")) || proof.length != 32 || !MessageDigest.isEqual(stored, login.user.storedKey)) {
                logins.remove(channel);
                throw failed();
            }
            login.done = true;
            return answer("v=" + Base64.getEncoder().encodeToString(User.mac(login.user.serverKey, said)), true);
        }

        private static MongoServerError failed() {
            return new MongoServerError(18, "AuthenticationFailed", "Authentication failed.");
        }

        private static String text(Document asked) {
            var payload = asked.get("payload");
            return new String(payload instanceof BinData data ? data.getData() : (byte[]) payload, StandardCharsets.UTF_8);
        }

        private static Map<String, String> fields(String message) {
            var fields = new LinkedHashMap<String, String>();
            for (var field : message.split(",")) {
                if (field.length() > 1) {
                    fields.put(field.substring(0, 1), field.substring(2));
                }
            }
            return fields;
        }

        private static Document answer(String payload, boolean done) {
            var data = payload.getBytes(StandardCharsets.UTF_8);
            return new Document("conversationId", 1).append("done", done).append("payload", new BinData(data)).append("ok", 1.0);
        }

        private static Document done() {
            return new Document("ok", 1.0);
        }

        private static List<Document> documents(Document from, String field) {
            var found = new ArrayList<Document>();
            if (from.get(field) instanceof Collection<?> list) {
                list.forEach(one -> found.add((Document) one));
            }
            return found;
        }
    }

    /** A login under way, or done. */
    private static class Login {
        final User user;
        final String nonce;
        final String said;
        volatile boolean done;

        Login(User user, String nonce, String said) {
            this.user = user;
            this.nonce = nonce;
            this.said = said;
        }
    }

    /** What a server keeps of a user (RFC 5802, RFC 7677). */
    private record User(String database, String name, byte[] salt, byte[] storedKey, byte[] serverKey, List<Document> roles) {
        static final int ROUNDS = 15000;

        static User of(String database, String name, String password, List<Document> roles) throws GeneralSecurityException {
            var salt = random(28);
            var spec = new PBEKeySpec(password.toCharArray(), salt, ROUNDS, 256);
            var salted = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded();
            var stored = MessageDigest.getInstance("SHA-256").digest(mac(salted, "Client Key"));
            return new User(database, name, salt, stored, mac(salted, "Server Key"), roles);
        }

        static byte[] mac(byte[] key, String text) throws GeneralSecurityException {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        }

        static byte[] random(int length) {
            var bytes = new byte[length];
            new SecureRandom().nextBytes(bytes);
            return bytes;
        }
    }
}
