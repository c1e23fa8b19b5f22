import { EventEmitter, once } from 'node:events';
import { Readable } from 'node:stream';
import { Failure } from '@gantry/base';
import type { RightsService } from '../access/rights.service.ts';
import { Standing } from '../access/standing.ts';
import type { SessionsService } from '../sessions/sessions.service.ts';
import { HostDirectory } from '../hosts/host-directory.ts';
import type { HostsStore } from '../hosts/hosts.store.ts';
import { AuditReaders } from './audit-readers.ts';
import { HeldAnswers } from './held-answers.ts';

const reader = { sessionId: 'session' };

/** Whose rights and session a test takes away. */
function open() {
  const changes = new EventEmitter();
  const session = new AbortController();
  const standing = new Standing({ changes } as unknown as RightsService);
  standing.onModuleInit();
  const answers = new HeldAnswers(
    standing,
    { ended: () => session.signal } as unknown as SessionsService,
    new AuditReaders(new HostDirectory({} as HostsStore)),
  );
  return { changes, session, standing, answers };
}

/** One that never comes to its end, as that of a reader who stopped reading. */
const endless = (): Readable => new Readable({ read: () => undefined });

test('an answer breaks off with its reason when the right is gone, also while nobody reads', async () => {
  const { changes, standing, answers } = open();
  let may = true;
  const stream = endless();
  answers.answer({ stream }, reader, () => {
    if (!may) throw new Failure('forbidden', 'audit:view is needed');
  });

  changes.emit('changed', 1n, 'rights');
  expect(stream.destroyed).toBe(false);
  may = false;
  const broken = once(stream, 'error');
  changes.emit('changed', 2n, 'rights');
  expect(await broken).toMatchObject([{ code: 'forbidden', message: 'this was taken away: audit:view is needed' }]);
  expect(standing.size).toBe(0);
});

test('an answer breaks off when the session ends, and one whose session had ended never begins', async () => {
  const { session, standing, answers } = open();
  const stream = endless();
  answers.answer({ stream }, reader, () => undefined);

  const broken = once(stream, 'error');
  session.abort('revoked');
  expect(await broken).toMatchObject([{ code: 'unauthenticated', message: 'the session of the reader has ended: revoked' }]);
  const late = endless();
  answers.answer({ stream: late }, reader, () => undefined);
  expect(late.destroyed).toBe(true);
  await new Promise((resolve) => late.once('close', resolve));
  expect(standing.size).toBe(0);
});

test('an answer that was read to its end holds nothing any more', async () => {
  const { standing, answers } = open();
  const stream = Readable.from(['a', 'b']);
  answers.answer({ stream }, reader, () => undefined);

  expect(standing.size).toBe(1);
  expect(await stream.toArray()).toEqual(['a', 'b']);
  if (!stream.closed) await once(stream, 'close');
  expect(standing.size).toBe(0);
});
