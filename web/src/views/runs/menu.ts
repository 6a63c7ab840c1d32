// What can be done with a run.
import type { ActionDescription, Entity, Run } from '../../contract';
import type { Entities } from '../../model/project/entities';
import { isActive } from '../../model/project/runs';
import { lastName } from '../../model/tree';
import type { MenuItem } from '../../parts/menu';
import { act, failed, openEntity } from '../../shell/workspace/commands';
import type { Desk } from '../../shell/workspace/context';

function actionOf(desk: Desk, run: Run): ActionDescription | undefined {
  const all = desk.session.services.get().flatMap((service) => service.actions);
  return all.find((one) => one.name === run.action);
}

/** What a run wrote, as the shown version has it: the entity at the place of the action's result, and those below. */
export function resultsOf(entities: Entities, action: ActionDescription | undefined, run: Run): Entity[] {
  if (!action?.result) return [];
  const place = action.result.replace('{target}', lastName(run.target));
  return [...entities.values()].filter(({ path }) => path === place || path.startsWith(`${place}/`));
}

/** The one of them that a service offers the first of its views for. */
function foremost(desk: Desk, results: readonly Entity[]): Entity | undefined {
  const kinds = desk.session.services.get().flatMap((service) => service.views.map((view) => view.kind));
  const rank = ({ kind }: Entity) => (kinds.includes(kind) ? kinds.indexOf(kind) : kinds.length);
  return [...results].sort((a, b) => rank(a) - rank(b))[0];
}

export function runMenu(desk: Desk, run: Run): MenuItem[] {
  const { session } = desk;
  const action = actionOf(desk, run);
  const seen = foremost(desk, resultsOf(session.entities.get(), action, run));
  const { version, live } = session.shown.get();
  return [
    {
      label: 'Show its result',
      icon: 'plot',
      disabled: run.state !== 'RUN_STATE_SUCCEEDED' || !seen,
      run: () => {
        if (!seen) return;
        session.selection.set([seen.path]);
        openEntity(desk, seen);
      },
    },
    {
      label: 'Look at the version that it computed',
      icon: 'history',
      disabled: run.version === version,
      run: () => void session.show(run.branch || 'main', run.version).catch(failed('Not shown')),
    },
    {
      label: 'Run again',
      icon: 'run',
      disabled: !action || !live || !session.mayEdit,
      run: () => action && act(desk, action, run.target),
    },
    {
      label: 'Cancel',
      icon: 'stop',
      danger: true,
      apart: true,
      disabled: !isActive(run.state) || !session.mayEdit,
      run: () => void session.cancel(run.id).catch(failed('Not cancelled')),
    },
  ];
}
