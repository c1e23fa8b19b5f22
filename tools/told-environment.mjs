import { TestEnvironment } from 'jest-environment-node';

/**
 * Node's environment in which a failure also says what the test saw: each function of `globalThis.onTestFailure` gives words that are put to the error.
 * A run that failed elsewhere is explained by what it printed or not at all.
 */
export default class ToldEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.onTestFailure = new Set();
  }

  async handleTestEvent(event) {
    if (event.name !== 'test_fn_failure' && event.name !== 'hook_failure') return;
    const told = await Promise.all([...this.global.onTestFailure].map((tell) => tell()));
    // Of the test's own realm, so no instance of this one's Error.
    if (typeof event.error?.stack === 'string' && told.length > 0) event.error.stack = `${told.join('\n')}\n${event.error.stack}`;
  }
}
