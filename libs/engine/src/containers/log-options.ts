import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { logLimits } from '../logs/rotate-log.ts';
import type { HostConfig } from './container-config.ts';

const common = ['mode', 'max-buffer-size'];
const optionsOf: Readonly<Record<string, readonly string[]>> = {
  'json-file': ['max-size', 'max-file', 'compress', 'labels', 'labels-regex', 'env', 'env-regex', 'tag', ...common],
  local: ['max-size', 'max-file', 'compress', ...common],
};

/** Driver and names of options, as dockerd checks them at create. Fails with `invalid`. */
export function checkLogConfig({ Type, Config }: HostConfig['LogConfig']): void {
  if (Type === 'none') return;
  const known = optionsOf[Type];
  if (!known) throw new Failure('invalid', messages.noLogDriver(Type));
  const { mode = '', 'max-buffer-size': bufferSize } = Config;
  if (!['', 'blocking', 'non-blocking'].includes(mode)) throw new Failure('invalid', `logger: logging mode not supported: ${mode}`);
  if (bufferSize !== undefined && mode !== 'non-blocking')
    throw new Failure('invalid', "logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  const unknown = Object.keys(Config).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const where = Type === 'local' ? 'log driver local' : `${Type} log driver`;
  throw new Failure('invalid', `unknown log opt '${unknown}' for ${where}`);
}

/** Values of options, which count when the log is opened. Fails with `invalid`. */
export function checkLogValues({ Type, Config }: HostConfig['LogConfig']): void {
  if (Type === 'none') return;
  try {
    const { maxBytes, maxFiles } = logLimits(Config);
    const { compress = 'false' } = Config;
    if (!/^(1|t|true|0|f|false)$/i.test(compress))
      throw new Failure('invalid', `strconv.ParseBool: parsing ${JSON.stringify(compress)}: invalid syntax`);
    if (Type === 'json-file' && /^(1|t|true)$/i.test(compress) && (maxFiles < 2 || maxBytes === undefined))
      throw new Failure('invalid', 'compress cannot be true when max-file is less than 2 or max-size is not set');
  } catch (cause) {
    throw new Failure('invalid', `failed to initialize logging driver: ${Failure.from(cause).message}`, { cause });
  }
}
