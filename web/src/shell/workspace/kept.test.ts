import { beforeEach, expect, test, vi } from 'vitest';
import type { SceneSettings } from './context';
import { cameraOf, DeskKeeper, drawnAs, keepDesk, keptDesk } from './kept';

const stored = new Map<string, string>();
const keep = {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, text: string) => void stored.set(key, text),
};
beforeEach(() => stored.clear());

test('each project of each user is remembered, the last thirty of them', () => {
  keepDesk(keep, 'ada', 'p', { hidden: ['model/block'] });
  keepDesk(keep, 'ada', 'p', { compared: ['v1'] });
  expect(keptDesk(keep, 'ada', 'p')).toEqual({ hidden: ['model/block'], compared: ['v1'] });
  expect(keptDesk(keep, 'eve', 'p')).toEqual({ hidden: [], compared: [] });
  for (let at = 0; at < 29; at += 1) keepDesk(keep, 'ada', `other ${at}`, {});
  expect(keptDesk(keep, 'ada', 'p').compared).toEqual(['v1']);
  keepDesk(keep, 'ada', 'one more', {});
  expect(keptDesk(keep, 'ada', 'p').compared).toEqual([]);
});

test('what changes often is written once, and at the latest when the page goes', () => {
  vi.useFakeTimers();
  const keeper = new DeskKeeper(keep, 'ada', 'p');
  for (const share of [0.1, 0.2]) keeper.keep({ scene: { sections: [{ axis: 'x', share, flip: false }] } });
  keeper.keep({ hidden: ['model/a'] });
  expect(stored.size).toBe(0);
  vi.advanceTimersByTime(1000);
  expect(keptDesk(keep, 'ada', 'p')).toMatchObject({ hidden: ['model/a'], scene: { sections: [{ share: 0.2 }] } });
  keeper.keep({ hidden: [] });
  keeper.flush();
  expect(keptDesk(keep, 'ada', 'p').hidden).toEqual([]);
  vi.useRealTimers();
});

test('what is damaged is passed over', () => {
  for (const text of ['{', '7', '[[1, 2], ["ada/p", null], ["ada/p", {"hidden": 7, "compared": [1, "v1"]}]]'])
    stored.set('opentwin.desks.1', text);
  expect(keptDesk(keep, 'ada', 'p')).toEqual({ hidden: [], compared: ['v1'] });
  const full = () => {
    throw new Error('full');
  };
  expect(() => keepDesk({ ...keep, setItem: full }, 'ada', 'p', {})).not.toThrow();
});

test('a camera that was damaged is passed over', () => {
  const camera = { azimuth: 30, elevation: 10, half: 0.1, target: [0, 0, 1] as const };
  expect(cameraOf({ camera })).toEqual(camera);
  for (const wrong of [undefined, null, 7, {}, { ...camera, half: 'x' }, { ...camera, target: [0, 0] }])
    expect(cameraOf({ camera: wrong as never })).toBeUndefined();
});

test('the model is drawn as it was left, as far as that makes sense', () => {
  const now = { wireframe: false, field: '', sections: [], measure: false, pick: 'body' } as unknown as SceneSettings;
  const sections = [{ axis: 'y', share: 0.25, flip: true }, { axis: 'q', share: 1 }, 7] as never;
  const kept = { wireframe: true, field: 7, sections, measure: true, unknown: 1 } as never;
  expect(drawnAs(now, kept)).toEqual({ ...now, wireframe: true, sections: [{ axis: 'y', share: 0.25, flip: true }] });
  expect(drawnAs(now, undefined)).toEqual(now);
});
