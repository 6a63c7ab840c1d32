import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Presence, read } from '../../contract';
import type { LinkState, Socket } from '../../transport/socket';
import type { Selection } from '../selection';
import { Store } from '../store';
import { Company, PRESENCE_MS, selectedBy } from './presence';

let said: Presence[];
let branch: string;
let company: Company;

beforeEach(() => {
  vi.useFakeTimers();
  [said, branch] = [[], 'main'];
  const state = new Store<LinkState>({ link: 'open', retryAt: 0 });
  const call = async (_: string, body: Presence) => void said.push(body);
  const socket = { state, call } as unknown as Socket;
  company = new Company(socket, 'p', 'me', new Store<Selection>(['a']), () => branch);
});
afterEach(() => {
  company.close();
  vi.useRealTimers();
});

const from = (client: string, more: Partial<Presence> = {}) =>
  company.meet(read('Presence', { user: client, client, selection: ['a'], ...more }));
const here = () => [...company.others.get().keys()];

test('a window that crashed is not there for ever, though nobody else comes or goes', () => {
  company.announceSoon();
  from('ghost');
  vi.advanceTimersByTime(PRESENCE_MS);
  from('alive');
  expect(here()).toEqual(['ghost', 'alive']);
  vi.advanceTimersByTime(2 * PRESENCE_MS);
  expect(here()).toEqual(['alive']);
  vi.advanceTimersByTime(2 * PRESENCE_MS);
  expect(here()).toEqual([]);
});

test('what is selected on another branch is not marked on this one', () => {
  from('bob', { branch: 'main', selection: ['a', 'b'] });
  from('eve', { branch: 'try', selection: ['a'] });
  from('old', { selection: ['b'] });
  expect([...selectedBy(company.others.get(), 'main')]).toEqual([
    ['a', ['bob']],
    ['b', ['bob', 'old']],
  ]);
  expect(selectedBy(company.others.get(), 'try').get('a')).toEqual(['eve']);
});

test('others are told the branch that is looked at', () => {
  branch = 'try';
  company.announceSoon();
  vi.advanceTimersByTime(200);
  expect(said.at(-1)).toMatchObject({ branch: 'try', selection: ['a'], gone: false });
});
