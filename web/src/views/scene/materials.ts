// The colour that a material is drawn in.
import type { Entities } from '../../model/project/entities';
import { propertiesOf } from '../../model/value';

const PALETTE = ['#8fb4d9', '#d9b78f', '#9fcf9f', '#c7a4d8', '#d99a9a', '#8fd0cf', '#cfcf8f', '#b4b9c4'];

/** Its own, that of metal, or one that its name always gets. */
export function materialColour(entities: Entities, material: string): string {
  const own = propertiesOf(entities.get(`materials/${material}`));
  if (typeof own.color === 'string' && /^#[0-9a-f]{6}$/i.test(own.color)) return own.color;
  if (material === 'pec' || own.type === 'pec') return '#d8b35a';
  let sum = 7;
  for (const letter of material) sum = (sum * 31 + letter.charCodeAt(0)) % 997;
  return PALETTE[sum % PALETTE.length] as string;
}
