/**
 * `pnpm test`: every check of this repository, cheapest first. Each step is a script of the root package.json, so each can
 * be run alone. It stops after the first group in which a step fails. The last line counts the tests.
 */
import { runSteps } from './lib/steps.mjs'
import { countTests, summary, testReport } from './lib/test-report.mjs'

/**
 * Steps of one group run side by side: enough to keep two cores busy, and none of them disturbs another.
 *
 * @type {import('./lib/steps.mjs').Step[][]}
 */
const groups = [
  [
    { script: 'lint', what: 'format and lint rules (biome)' },
    { script: 'architecture', what: 'who may import whom (dependency-cruiser)' },
    { script: 'workspace', what: 'package.json files agree with each other (sherif)' },
    { script: 'portable', what: 'no paths or registries of one machine in committed files' },
    { script: 'docs:check', what: 'links, commands, names, examples and reference pages match the code' },
  ],
  [{ script: 'build', what: 'every package (turbo, tsup)', args: ['--output-logs=errors-only'] }],
  [
    { script: 'typecheck', what: 'sources, tests, examples and tools (tsc)' },
    { script: 'unused', what: 'files, exports and dependencies that nothing uses (knip)' },
    { script: 'published', what: 'the packages as users get them (publint, are the types wrong)' },
    { script: 'snippets', what: 'TypeScript in documents compiles against the packages' },
    { script: 'api:check', what: 'what packages export is what their reports say (API Extractor)' },
  ],
  [
    {
      script: 'unit',
      what: 'every test (vitest)',
      args: ['--config=vitest.check.config.ts', ...testReport.args],
      output: 'inherit',
    },
  ],
  [{ script: 'go', what: 'the Go client (go vet, go test), where Go is installed', output: 'inherit' }],
  [
    {
      script: 'simulate',
      // Enough to reach every milestone; more seeds only search further.
      what: 'the engine in 400 simulated lives',
      args: ['--seeds', '400', '--json'],
      output: 'inherit',
    },
  ],
  [
    {
      script: 'simulate',
      // Each kind of trouble once; a thousand seeds, by hand, meet each of its variants.
      what: 'the chain backend in 71 lives among simulated nodes',
      args: ['--world', 'nodes', '--seeds', '71', '--partial', '--json'],
      output: 'inherit',
    },
  ],
  [
    {
      script: 'differential',
      // Says whether Perun's own contracts took part; the unit tests draw more sequences.
      what: 'model and contracts give the same answers to 200 sequences of calls',
      args: ['--sequences', '200', '--seed', 'check', '--json'],
      output: 'inherit',
    },
  ],
  [
    {
      script: 'crash',
      what: 'the watcher, killed 30 times under load',
      args: ['--kills', '30', '--json'],
      output: 'inherit',
    },
  ],
  [{ script: 'mutants', what: 'the simulation notices each broken rule', output: 'inherit' }],
]

testReport.forget()
const failed = await runSteps(groups)
const counts = countTests(testReport.read(), failed.length)
console.log(`\n${summary(counts)}`)
process.exitCode = failed.length > 0 || counts.failed > 0 ? 1 : 0
