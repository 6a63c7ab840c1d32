import { lastName } from '../../model/tree';
import { useStore } from '../../parts/use-store';
import { useDesk } from './context';

/** Who else is in the project. */
export function People() {
  const { session } = useDesk();
  const others = [...useStore(session.others).values()];
  return (
    <ul className="people" aria-label="Others in this project">
      {others.map((other) => (
        <li key={other.client}>
          <button
            type="button"
            title={`${other.user}${other.selection.length > 0 ? ` selected ${other.selection.map(lastName).join(', ')}` : ''}`}
            onClick={() => session.selection.set(other.selection)}
          >
            <span aria-hidden="true">{other.user.slice(0, 2)}</span>
            <span className="hidden-label">{other.user} is here: select the same</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
