/** A line for the person at the terminal. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A line beside the result: what happens, and what went wrong. */
export function tell(line: string): void {
  process.stderr.write(`gantry: ${line}\n`);
}
