import { askUntil } from '../ask-until.ts';
import { ask, type Answer, type EngineUnderTest } from '../engine-under-test.ts';
import { type Container, inspect, runContainer, runUntilReady } from '../fixtures.ts';

interface Inspected {
  readonly RestartCount: number;
  readonly State: { readonly Status: string; readonly Restarting: boolean; readonly Running: boolean; readonly ExitCode: number };
}

/** Containers that policy starts again, and what can be done while they wait for it. */
export function restartConformance(engine: () => EngineUnderTest): void {
  const post = ({ id }: Container, path: string, body?: object): Promise<Answer> =>
    ask(engine(), `POST /containers/${id}/${path}`, body && { body });
  const stateOf = async (container: Container): Promise<Inspected> => (await inspect(engine(), container)).value as Inspected;
  const becomes = (container: Container, holds: (found: Inspected) => boolean): Promise<Inspected> =>
    askUntil(() => stateOf(container), holds);
  const run = (script: string, Name: string): Promise<Container> =>
    runContainer(engine(), script, { HostConfig: { RestartPolicy: { Name } } });
  /** In a wait of more than a second for its next start. */
  const waiting = async (): Promise<Container> => {
    const container = await run('exit 3', 'always');
    await becomes(container, ({ State, RestartCount }) => State.Restarting && RestartCount >= 5);
    return container;
  };
  const remove = ({ id }: Container): Promise<Answer> => ask(engine(), `DELETE /containers/${id}?force=1`);

  test('while it waits for its next start a container runs in the eyes of those who start it, and not of those who need its process', async () => {
    const container = await waiting();
    const message = `Container ${container.id} is restarting, wait until the container is running`;
    /** It may run for a moment. */
    const refused = (act: () => Promise<Answer>): Promise<Answer> =>
      askUntil(act, (answer) => answer.status === 409 && answer.message === message);

    expect(await stateOf(container)).toMatchObject({ State: { Running: true, ExitCode: expect.any(Number) as unknown } });
    expect((await post(container, 'start')).status).toBe(304);
    const pause = async (): Promise<Answer> => {
      const answer = await post(container, 'pause');
      // It ran: it would stand still for ever.
      if (answer.status === 204) await post(container, 'unpause');
      return answer;
    };
    for (const act of [pause, () => post(container, 'exec', { Cmd: ['true'] })]) await refused(act);
    await refused(() => ask(engine(), `GET /containers/${container.id}/top`));
    expect((await ask(engine(), `DELETE /containers/${container.id}`)).status).toBe(409);
    expect((await post(container, 'wait')).value).toMatchObject({ StatusCode: 3 });
    expect((await remove(container)).status).toBe(204);
  });

  test('kill and stop end the wait, and a start after it counts anew', async () => {
    const [killed, stopped] = await Promise.all([waiting(), waiting()]);
    const { RestartCount: before } = await stateOf(killed);

    expect((await post(killed, 'kill')).status).toBe(204);
    expect((await post(stopped, 'stop')).status).toBe(204);
    for (const container of [killed, stopped]) {
      expect(await becomes(container, ({ State }) => State.Status === 'exited')).toMatchObject({ State: { Running: false } });
    }
    await post(killed, 'start');
    expect((await stateOf(killed)).RestartCount).toBeLessThan(before);
    await Promise.all([remove(killed), remove(stopped)]);
  });

  test('a policy ends with its count, with a good end, and with any signal by hand where there is no stop signal', async () => {
    const failing = await runContainer(engine(), 'exit 4', { HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } } });
    const good = await run('exit 0', 'on-failure');
    const runTrapping = (more: object): Promise<Container> =>
      runUntilReady(engine(), 'trap "exit 5" USR1; echo ready; while :; do sleep 0.05; done', {
        HostConfig: { RestartPolicy: { Name: 'always' } },
        ...more,
      });
    const [plain, other] = await Promise.all([runTrapping({}), runTrapping({ StopSignal: 'SIGTERM' })]);
    for (const container of [plain, other]) await post(container, 'kill?signal=USR1');

    const isOver = ({ State }: Inspected): boolean => State.Status === 'exited';
    expect(await becomes(failing, isOver)).toMatchObject({ RestartCount: 2, State: { ExitCode: 4 } });
    expect(await becomes(good, isOver)).toMatchObject({ RestartCount: 0 });
    expect(await becomes(plain, isOver)).toMatchObject({ RestartCount: 0, State: { ExitCode: 5 } });
    await becomes(other, ({ RestartCount }) => RestartCount === 1);
    await Promise.all([failing, good, plain, other].map(remove));
  });

  test('a restart by hand does not remove a container that removes itself', async () => {
    const container = await runContainer(engine(), 'sleep 60', { HostConfig: { AutoRemove: true } });

    expect((await post(container, 'restart?t=0')).status).toBe(204);
    expect(await stateOf(container)).toMatchObject({ State: { Status: 'running', FinishedAt: expect.stringMatching(/^2/) as unknown } });
    await remove(container);
  });
}
