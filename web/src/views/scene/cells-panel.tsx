// The legend of the mesh cells.
import { Icon } from '../../parts/icon';
import { useStore } from '../../parts/use-store';
import { useDesk } from '../../shell/workspace/context';
import { materialColour } from './materials';
import { type MeshCells, SHEET_COLOUR } from './use-cells';

const whole = new Intl.NumberFormat('en');

function Materials({ cells }: { cells: MeshCells }) {
  const entities = useStore(useDesk().session.entities);
  const { opened, sheets } = cells;
  if (!opened) return <p className="muted">Loading…</p>;
  return (
    <table className="legend-table">
      <tbody>
        {opened.materials.map(({ name, cells: count }, at) => (
          <tr key={name} hidden={count === 0}>
            <td>
              {at === opened.background ? (
                <i className="swatch none" />
              ) : (
                <i className="swatch" style={{ background: materialColour(entities, name) }} />
              )}
            </td>
            <th scope="row">{name}</th>
            <td className="numeric">{whole.format(count)}</td>
          </tr>
        ))}
        {sheets && (
          <tr>
            <td>
              <i className="swatch" style={{ background: SHEET_COLOUR }} />
            </td>
            <th scope="row">conducting sheet</th>
            <td className="numeric">–</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

export function CellsPanel({ cells }: { cells: MeshCells }) {
  const desk = useDesk();
  const { sections } = useStore(desk.scene);
  return (
    <section className="field-panel cells-panel" aria-label="Mesh cells">
      <header>
        <Icon name="mesh" size={14} />
        <strong>Mesh cells</strong>
        <button
          type="button"
          className="bare"
          aria-label="Close the mesh cells"
          onClick={() => desk.scene.update((now) => ({ ...now, cells: false }))}
        >
          <Icon name="close" size={12} />
        </button>
      </header>
      {!cells.there && <p className="muted">There is no mesh yet. Mesh the model.</p>}
      {cells.fault && <p className="field-fault">{cells.fault}</p>}
      {cells.there && !cells.fault && <Materials cells={cells} />}
      {cells.there && sections.length === 0 && <p className="muted">Section planes (X) look inside.</p>}
    </section>
  );
}
