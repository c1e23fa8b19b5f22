import { createJoinCode, FleetSnapshot, getFleet, JoinCode, listJoinCodes, NewJoinCode } from '@gantry/contract';
import { eventually } from '@gantry/base/testing';
import type { Installation } from './installation.ts';

const settleMs = 30_000;
const stepMs = 400;

interface Brief {
  readonly name: string;
  readonly id: string;
  readonly exitCode: number;
  isStarted: boolean;
}

/** Writes again and again through the server, and keeps what was acknowledged: join codes, containers that end with a code of their own, their starts. */
export class AcknowledgedWrites {
  readonly #installation: Installation;
  readonly #codes: string[] = [];
  readonly #briefs: Brief[] = [];
  refused = 0;

  constructor(installation: Installation) {
    this.#installation = installation;
  }

  get count(): number {
    return this.#codes.length + this.#briefs.length + this.#briefs.filter(({ isStarted }) => isStarted).length;
  }

  async run(signal: AbortSignal): Promise<void> {
    for (let number = 0; !signal.aborted; number++) {
      await this.#makeCode().catch(() => (this.refused += 1));
      await this.#runBrief(number).catch(() => (this.refused += 1));
      await new Promise((resolve) => setTimeout(resolve, stepMs));
    }
  }

  /** One sentence for each acknowledged write that is not there, or not as it was acknowledged. */
  async missing(): Promise<string[]> {
    const { owner } = this.#installation;
    const known = new Set(
      JoinCode.array()
        .parse((await owner.call(listJoinCodes)).body)
        .map(({ id }) => id),
    );
    const lost = this.#codes.filter((id) => !known.has(id)).map((id) => `join code ${id}`);
    for (const brief of this.#briefs) lost.push(...(await this.#missingOf(brief)));
    return [...lost, ...(await this.#missingInFleet())];
  }

  async #makeCode(): Promise<void> {
    const answer = await this.#installation.owner.call(createJoinCode, { body: {} });
    if (answer.status !== 201) throw new Error(`a join code answered ${answer.status}`);
    this.#codes.push(NewJoinCode.parse(answer.body).id);
  }

  async #runBrief(number: number): Promise<void> {
    const [name, exitCode] = [`brief-${number}`, number % 100];
    const body = { Image: 'busybox:latest', Cmd: ['sh', '-c', `echo done; exit ${exitCode}`], HostConfig: { NetworkMode: 'none' } };
    const created = await this.#installation.engine('POST', `/containers/create?name=${name}`, { body });
    if (created.status !== 201) throw new Error(`create answered ${created.status}: ${await created.text()}`);
    const { Id: id } = (await created.json()) as { Id: string };
    const brief = { name, id, exitCode, isStarted: false };
    this.#briefs.push(brief);
    const started = await this.#installation.engine('POST', `/containers/${id}/start`);
    if (started.status !== 204) throw new Error(`start answered ${started.status}: ${await started.text()}`);
    brief.isStarted = true;
  }

  async #missingOf({ name, id, exitCode, isStarted }: Brief): Promise<string[]> {
    const answer = await this.#installation.engine('GET', `/containers/${id}/json`);
    const found = (await answer.json()) as { Name?: string; State?: { Status: string; ExitCode: number } };
    if (found.Name !== `/${name}`) return [`container ${name}`];
    if (!isStarted) return [];
    const log = await (await this.#installation.engine('GET', `/containers/${id}/logs?stdout=1`)).text();
    return [
      ...(found.State?.Status === 'exited' && found.State.ExitCode === exitCode ? [] : [`exit code ${exitCode} of ${name}`]),
      ...(log.slice(8) === 'done\n' ? [] : [`log of ${name}`]),
    ];
  }

  /** What the server itself knows of them may arrive a little later. */
  async #missingInFleet(): Promise<string[]> {
    let missing: string[] = [];
    const look = async (): Promise<void> => {
      const { rows } = FleetSnapshot.parse((await this.#installation.owner.call(getFleet)).body);
      const codes = new Map(rows.map(({ id, exit }) => [id, exit?.code]));
      const wrong = this.#briefs.filter(({ id, isStarted, exitCode }) => !codes.has(id) || (isStarted && codes.get(id) !== exitCode));
      missing = wrong.map(({ name }) => `${name} in the fleet`);
      if (missing.length > 0) throw new Error(missing.join(', '));
    };
    await eventually(look, settleMs).catch(() => undefined);
    return missing;
  }
}
