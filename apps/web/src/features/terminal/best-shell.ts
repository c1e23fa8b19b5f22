/** What the app opens where nobody chose: bash where there is one. */
export const bestShell = ['/bin/sh', '-c', 'command -v bash >/dev/null 2>&1 && exec bash; exec sh'] as const;
