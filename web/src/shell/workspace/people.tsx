import { isOn, type Other } from '../../model/project/presence';
import { lastName } from '../../model/tree';
import { useStore } from '../../parts/use-store';
import { failed } from './commands';
import { type Desk, useDesk } from './context';

/** Looks at what somebody else has selected, on the branch where that is. */
async function join({ session }: Desk, other: Other): Promise<void> {
  if (!isOn(other, session.shown.get().branch)) await session.show(other.branch);
  session.selection.set(other.selection);
}

/** Who else is in the project. */
export function People() {
  const desk = useDesk();
  const { session } = desk;
  const { branch } = useStore(session.shown);
  const others = [...useStore(session.others).values()];
  return (
    <ul className="people" aria-label="Others in this project">
      {others.map((other) => (
        <li key={other.client}>
          <button
            type="button"
            className={isOn(other, branch) ? '' : 'elsewhere'}
            title={[
              other.user,
              isOn(other, branch) ? '' : ` on the branch ${other.branch}`,
              other.selection.length > 0 ? ` selected ${other.selection.slice(0, 8).map(lastName).join(', ')}` : '',
            ].join('')}
            onClick={() => void join(desk, other).catch(failed('Not shown'))}
          >
            <span aria-hidden="true">{other.user.slice(0, 2)}</span>
            <span className="hidden-label">
              {other.user} is {isOn(other, branch) ? 'here' : `on the branch ${other.branch}`}: select the same
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
