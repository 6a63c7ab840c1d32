// The ribbon as the services describe it: tabs and groups from the actions, a group of new things for each
// section that a service's kinds fill.
import type { ActionDescription, KindDescription, ServiceDescription } from '../contract';
import { humanize } from './schema';

export interface RibbonItem {
  id: string;
  label: string;
  description: string;
  icon: string;
  /** Either an action to ask for, or a kind to make one of. */
  action?: ActionDescription;
  kind?: KindDescription;
}

export interface RibbonGroup {
  name: string;
  items: RibbonItem[];
}

export interface RibbonTab {
  name: string;
  groups: RibbonGroup[];
}

function tabAt(tabs: RibbonTab[], name: string): RibbonTab {
  const known = tabs.find((tab) => tab.name === name);
  if (known) return known;
  const tab: RibbonTab = { name, groups: [] };
  tabs.push(tab);
  return tab;
}

function groupAt(tab: RibbonTab, name: string): RibbonGroup {
  const known = tab.groups.find((group) => group.name === name);
  if (known) return known;
  const group: RibbonGroup = { name, items: [] };
  tab.groups.push(group);
  return group;
}

function newOf(kind: KindDescription): RibbonItem {
  return {
    id: `new ${kind.kind}`,
    label: kind.title || humanize(kind.key || kind.kind),
    description: kind.description,
    icon: kind.icon || kind.key,
    kind,
  };
}

/** From so many kinds on a section has a group of its own; the others share one. */
const MANY = 3;

/** A service without a tab of its own puts its kinds under `home`. */
export function buildRibbon(services: readonly ServiceDescription[], home: string): RibbonTab[] {
  const tabs: RibbonTab[] = [];
  const places = new Map<RibbonItem, number>();
  for (const service of services) {
    const own = service.actions.find((action) => action.ribbon?.tab)?.ribbon?.tab;
    const tabName = own || (service.actions.length > 0 ? service.title : home);
    const inputs = service.kinds.filter((kind) => kind.arrangement !== 'ARRANGEMENT_RESULT');
    for (const kind of inputs) {
      const many = inputs.filter((other) => other.section === kind.section).length >= MANY;
      groupAt(tabAt(tabs, tabName), many ? humanize(kind.section) : 'Add').items.push(newOf(kind));
    }
    for (const action of service.actions) {
      const item: RibbonItem = {
        id: `act ${action.name}`,
        label: action.label || humanize(action.name),
        description: action.description,
        icon: action.icon,
        action,
      };
      places.set(item, action.ribbon?.order ?? 0);
      groupAt(tabAt(tabs, action.ribbon?.tab || tabName), action.ribbon?.group || 'Actions').items.push(item);
    }
  }
  for (const tab of tabs) {
    for (const group of tab.groups) group.items.sort((a, b) => (places.get(a) ?? -1) - (places.get(b) ?? -1));
  }
  return tabs;
}

/** Actions that can be asked of an entity of `kind`. */
export function actionsFor(services: readonly ServiceDescription[], kind: string): ActionDescription[] {
  return services.flatMap((service) => service.actions.filter((action) => action.targets.includes(kind)));
}

/** True if `pattern` names `kind`: `modeling.` names all that begin so. */
export function names(pattern: string, kind: string): boolean {
  return pattern.endsWith('.') ? kind.startsWith(pattern) : pattern === kind;
}
