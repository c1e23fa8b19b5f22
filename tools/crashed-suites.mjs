import { writeFileSync } from 'node:fs';

/** A signal by which a process ends itself: a failed check of V8, or a fault. Nobody sends these. */
const ownEnd = /A jest worker process \(pid=\d+\) was terminated by another process: signal=SIG(TRAP|ILL|ABRT|SEGV)\b/;

/** Tells tools/test.mjs (by the file that GANTRY_CRASHED_SUITES names) which suites ended with their worker, where nothing else failed. */
export default class CrashedSuites {
  onRunComplete(_contexts, { testResults }) {
    const file = process.env.GANTRY_CRASHED_SUITES;
    const failed = testResults.filter(({ numFailingTests, testExecError }) => numFailingTests > 0 || testExecError);
    const crashed = failed.filter(({ testExecError }) => ownEnd.test(testExecError?.message ?? ''));
    if (file && crashed.length > 0 && crashed.length === failed.length) {
      writeFileSync(file, crashed.map(({ testFilePath }) => testFilePath).join('\n'));
    }
  }
}
