import type { EngineUnderTest } from '../engine-under-test.ts';

type Spec = (title: string, run: () => Promise<void>) => void;

/**
 * Jest's `test` for an engine that may not do everything yet: a spec that its `notYet` names has to fail, so that the name goes away with the gap.
 * Used under the name `test`.
 */
export function specsOf(engine: () => EngineUnderTest): Spec {
  return (title, run) => {
    test(title, async () => {
      if (!engine().notYet?.includes(title)) return run();
      const passed = await run().then(
        () => true,
        () => false,
      );
      if (passed) throw new Error(`this passes now: take its title out of notYet`);
    });
  };
}
