/** What to say where no daemon listens at a control socket. */
export function nobodyThere(controlSocket: string): readonly string[] {
  return [
    `No daemon runs: nobody listens at ${controlSocket}.`,
    'What to do: start it with perun-watcher run, or name its --data-directory or --config.',
  ]
}
