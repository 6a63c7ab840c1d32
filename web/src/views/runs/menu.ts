// What can be done with a run.
import type { ActionDescription, Entity, Run } from '../../contract';
import type { Entities } from '../../model/project/entities';
import { isActive } from '../../model/project/runs';
import { lastName } from '../../model/tree';
import type { MenuItem } from '../../parts/menu';
import { act, failed, openEntity } from '../../shell/workspace/commands';
import { type Desk, viewsFor } from '../../shell/workspace/context';

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

export function runMenu(desk: Desk, run: Run): MenuItem[] {
  const { session } = desk;
  const action = actionOf(desk, run);
  const results = resultsOf(session.entities.get(), action, run);
  const seen = results.find((entity) => viewsFor(session.services.get(), entity).length > 0) ?? results[0];
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
