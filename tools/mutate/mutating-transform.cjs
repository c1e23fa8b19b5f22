// Jest's transform, with one rule of one file changed on the way: what stands on the disk stays as it is.
const swc = require('@swc/jest');

const { file, from, to } = JSON.parse(process.env.GANTRY_MUTATION ?? '{}');

function mutated(source, path) {
  if (file === undefined || !path.endsWith(`/${file}`)) return source;
  if (source.split(from).length !== 2) throw new Error(`${file} holds the text of the rule not exactly once: ${from}`);
  return source.replace(from, () => to);
}

exports.createTransformer = (options) => {
  const { process: transform, processAsync, getCacheKey } = swc.createTransformer(options);
  return {
    canInstrument: false,
    process: (source, path, rest) => transform(mutated(source, path), path, rest),
    processAsync: (source, path, rest) => (processAsync ?? transform)(mutated(source, path), path, rest),
    getCacheKey: (source, path, rest) => getCacheKey(mutated(source, path), path, rest),
  };
};
