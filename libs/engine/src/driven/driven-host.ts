import type { Failure } from '@gantry/base';
import { ApiVersion, type Engine, type Handlers, json, routed } from '@gantry/engine-api';
import type { KernelOptions } from '@gantry/linux';
import { fileHandlers } from '../api/files.ts';
import { serverName } from '../api/system.ts';
import { checkedTarget } from '../networks/probe-way.ts';
import { drivenArchives } from './driven-archives.ts';
import { drivenCapabilities } from './driven-capabilities.ts';
import { drivenFileOwners } from './driven-files.ts';
import { drivenProbe } from './driven-probe.ts';
import { DrivenTopology } from './driven-topology.ts';
import { EngineQuestions } from './engine-questions.ts';
import { KeptKernel } from './kept-kernel.ts';

export interface DrivenHostSettings {
  /** The Docker or Podman of this host. */
  readonly engine: Engine;
  readonly kernel?: KernelOptions;
  /** Hears each error that was answered as 500. */
  readonly report?: (failure: Failure) => void;
}

/**
 * Our own routes (`/gantry/…`) for a Docker or Podman: files, topology, probe and capabilities, out of what it tells and what the kernel of this host has; and `docker cp`
 * for people who may not reach paths of the host. Other requests are not for it.
 */
export function openDrivenHost({ engine, kernel: options = {}, report }: DrivenHostSettings): Engine & AsyncDisposable {
  const questions = new EngineQuestions(engine);
  const kernel = new KeptKernel(options);
  const topology = new DrivenTopology(questions, kernel);
  const owners = drivenFileOwners(questions);
  const handlers: Handlers = {
    ...fileHandlers(owners),
    ...drivenArchives({ engine, questions, owners }),
    GantryCapabilities: async ({ signal }) => json(200, drivenCapabilities(await questions.info(signal))),
    GantryTopology: async ({ signal }) => json(200, await topology.take(signal)),
    GantryTopologyProbe: async (call) => {
      const { Container: id = '', ...asked } = await call.json();
      const target = checkedTarget(asked);
      return json(200, await kernel.use((opened) => drivenProbe({ questions, kernel: opened, id, target }, call.signal)));
    },
  };
  const versions = { oldest: ApiVersion.oldest, newest: ApiVersion.newest };
  const answers = routed(handlers, { server: serverName, versions, ...(report && { onInternalError: report }) });
  return Object.assign(answers, { [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose]() });
}
