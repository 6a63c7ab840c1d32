import { afterEach } from 'vitest';
import { shotsOfFailure } from './browser';

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await shotsOfFailure(task.name.replace(/\W+/g, '-'));
});
