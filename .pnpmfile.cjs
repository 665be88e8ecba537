/**
 * `pnpm demo --json` must print nothing but JSON on standard output, so must `simulate`, `mutants`, `crash`, `bench`, `nodes`
 * and `soak`, and `pnpm test` ends with the line that counts the tests. So pnpm keeps its own headers and footers out of
 * these; a failing install still speaks, on standard error.
 */
const quietScripts = [
  'demo',
  'demo:daemon',
  'demo:device',
  'test',
  'simulate',
  'mutants',
  'crash',
  'bench',
  'nodes',
  'soak',
]

const [first, second] = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const script = first === 'run' ? second : first

module.exports = {
  hooks: {
    updateConfig: (config) => (quietScripts.includes(script) ? { ...config, reporter: 'silent' } : config),
  },
}
