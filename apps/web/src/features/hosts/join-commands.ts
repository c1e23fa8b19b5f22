export interface JoinWay {
  readonly name: 'linux' | 'docker' | 'here';
  readonly command: string;
}

/** The commands that connect a host. The join code goes in by standard input, so it stands in no process list; it works once. */
export function joinCommands(code: { url: string; code: string }): readonly JoinWay[] {
  const join = `printf %s '${code.code}' |\n  sudo ./gantry join --url ${code.url}`;
  return [
    { name: 'linux', command: join },
    { name: 'docker', command: `${join} --engine docker` },
    { name: 'here', command: './gantry up' },
  ];
}
