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
  action: Action | undefined;
  /** From 0 to 1, of work that is under way. */
  progress?: number;
}

/** What can be done at once. */
interface Action {
  label: string;
  run: () => void;
}

const messages = new Store<readonly Message[]>([]);
let count = 0;

function close(id: number): void {
  messages.update((list) => list.filter((message) => message.id !== id));
}

export function notify(level: Level, title: string, text = '', action?: Action): void {
  const id = count++;
  messages.update((list) => [...list.slice(-3), { id, level, title, text, action }]);
  if (level !== 'bad') setTimeout(() => close(id), action ? 15_000 : 6000);
}

export interface Progress {
  at: (fraction: number) => void;
  end: () => void;
}

/** Shows work that is under way, until it ends; it can be cancelled. */
export function notifyProgress(title: string, text: string, cancel: () => void): Progress {
  const id = count++;
  const action = { label: 'Cancel', run: cancel };
  messages.update((list) => [...list.slice(-3), { id, level: 'info', title, text, action, progress: 0 }]);
  return {
    at: (progress) =>
      messages.update((list) => list.map((message) => (message.id === id ? { ...message, progress } : message))),
    end: () => close(id),
  };
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
            {message.progress !== undefined && (
              <progress max={1} value={message.progress} aria-label={`Progress: ${message.title}`} />
            )}
          </div>
          {message.action && (
            <button
              type="button"
              className="bare outlined"
              onClick={() => {
                close(message.id);
                message.action?.run();
              }}
            >
              {message.action.label}
            </button>
          )}
          {message.progress === undefined && (
            <button type="button" className="bare" aria-label="Close message" onClick={() => close(message.id)}>
              <Icon name="close" size={14} />
            </button>
          )}
        </div>
      ))}
    </section>
  );
}
