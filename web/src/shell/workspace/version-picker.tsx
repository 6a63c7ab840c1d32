import { Icon } from '../../parts/icon';
import { useStore } from '../../parts/use-store';
import { failed } from './commands';
import { useDesk } from './context';

/** Which branch is shown; and, for an older version, the way back. */
export function VersionPicker() {
  const { session } = useDesk();
  const shown = useStore(session.shown);
  const refs = useStore(session.refs);
  const branches = refs.branches.map((ref) => ref.name);
  if (!branches.includes(shown.branch)) branches.unshift(shown.branch);
  return (
    <span className="version-picker">
      <Icon name="branch" size={14} />
      <select
        className="input narrow"
        aria-label="Branch"
        value={shown.branch}
        onChange={(event) => void session.show(event.currentTarget.value).catch(failed('Not shown'))}
      >
        {branches.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      {!shown.live && (
        <span className="old-version" role="status">
          Version <span className="mono">{shown.version.slice(0, 8)}</span>, look only
          <button
            type="button"
            className="bare"
            onClick={() => void session.show(shown.branch).catch(failed('Not shown'))}
          >
            Back to {shown.branch}
          </button>
        </span>
      )}
    </span>
  );
}
