// Short messages in the corner. Bad ones stay until they are closed.
import { Store } from '../model/store';
import { Icon } from './icon';
import { useStore } from './use-store';

export type Level = 'info' | 'good' | 'bad';

interface Message {
  id: number;
  level: Level;
  title: string;
  text: string;
}

const messages = new Store<readonly Message[]>([]);
let count = 0;

function close(id: number): void {
  messages.update((list) => list.filter((message) => message.id !== id));
}

export function notify(level: Level, title: string, text = ''): void {
  const id = count++;
  messages.update((list) => [...list.slice(-3), { id, level, title, text }]);
  if (level !== 'bad') setTimeout(() => close(id), 6000);
}

export function Notices() {
  const list = useStore(messages);
  return (
    <section className="notices" aria-live="polite" aria-label="Messages">
      {list.map((message) => (
        <div key={message.id} className={`notice ${message.level}`} role={message.level === 'bad' ? 'alert' : 'status'}>
          <Icon name={message.level === 'bad' ? 'warn' : message.level === 'good' ? 'check' : 'help'} />
          <div>
            <strong>{message.title}</strong>
            {message.text && <p>{message.text}</p>}
          </div>
          <button type="button" className="bare" aria-label="Close message" onClick={() => close(message.id)}>
            <Icon name="close" size={14} />
          </button>
        </div>
      ))}
    </section>
  );
}
