/**
 * What documents may tell their readers to type.
 *
 * @typedef {object} Commands
 * @property {string} pnpm the version of pnpm that package.json asks for
 * @property {ReadonlySet<string>} scripts that pnpm can run: of the root package.json, and the commands of its dependencies
 * @property {ReadonlyMap<string, ReadonlySet<string>>} programs the flags of each command that takes known ones, such as
 *   `perun-watcher status`; the name of a program alone has the flags that need no command
 */

/** Commands of pnpm itself, as far as they have a place in these documents. */
const pnpmCommands = new Set(['install', 'add', 'remove', 'update', 'exec', 'run', 'dlx', 'pack', 'publish', 'why'])

const elsewhere = new Set(['--dir', '-C', '--filter', '-F', '--recursive', '-r'])

const shells = new Set(['', 'sh', 'bash', 'shell', 'console'])

/**
 * Commands that do not exist, or not with these flags.
 *
 * @param {import('./markdown.mjs').MarkdownDocument} document
 * @param {Commands} commands
 * @returns {string[]} one line for each
 */
export function checkCommands(document, commands) {
  const typed = document.blocks
    .filter(({ language }) => shells.has(language))
    .flatMap(({ text, line }) => text.split('\n').map((command, index) => ({ text: command, line: line + index })))
  return [...document.codes, ...typed].flatMap(({ text, line }) =>
    text
      .replace(/\s#\s.*$/, '')
      .split(/&&|\|\|?|;/)
      .flatMap((command) => problemsOf(wordsOf(command), commands))
      .map((problem) => `${document.path}:${line}: ${problem}`),
  )
}

/**
 * @param {string} command
 * @returns {string[]} without what stands before the program
 */
function wordsOf(command) {
  const words = command.trim().split(/\s+/)
  const start = words.findIndex((word) => word !== '$' && !/^\w+=/.test(word))
  return start === -1 ? [] : words.slice(start)
}

/**
 * @param {readonly string[]} words
 * @param {Commands} commands
 * @returns {string[]}
 */
function problemsOf([program = '', ...args], commands) {
  const [, version] = /^pnpm@(.*)$/.exec(args[0] ?? '') ?? []
  if (program === 'npx' && version !== undefined) {
    return version === commands.pnpm
      ? problemsOf(['pnpm', ...args.slice(1)], commands)
      : [`pnpm ${version} is not the version that package.json asks for, ${commands.pnpm}`]
  }
  if (program === 'pnpm') return problemsOfPnpm(args, commands)
  return commands.programs.has(program) ? problemsOfProgram(program, args, commands) : []
}

/**
 * @param {readonly string[]} args
 * @param {Commands} commands
 * @returns {string[]}
 */
function problemsOfPnpm(args, commands) {
  // The scripts of another package are not known here.
  if (args.some((word) => elsewhere.has(word))) return []
  const [command = '', ...rest] = args.filter((word, index) => index > 0 || !word.startsWith('-'))
  if (command === '' || pnpmCommands.has(command)) {
    return command === 'run' || command === 'exec' ? problemsOfPnpm(rest, commands) : []
  }
  if (!commands.scripts.has(command)) return [`there is no pnpm ${command}`]
  return commands.programs.has(`pnpm ${command}`) ? problemsOfProgram(`pnpm ${command}`, rest, commands) : []
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Commands} commands
 */
function problemsOfProgram(program, args, { programs }) {
  const [first = ''] = args
  const hasCommands = [...programs.keys()].some((name) => name.startsWith(`${program} `))
  const isCommand = /^[a-z]/.test(first) && hasCommands
  const name = isCommand ? `${program} ${first}` : program
  const flags = programs.get(name)
  if (flags === undefined) return [`there is no ${name}`]
  return args
    .flatMap((word) => /^(--[a-z][\w-]*)/.exec(word)?.[1] ?? [])
    .filter((flag) => !flags.has(flag))
    .map((flag) => `${name} has no ${flag}`)
}

/**
 * @param {string} help what a command prints for `--help`
 * @returns {ReadonlySet<string>} the flags that it names
 */
export function flagsIn(help) {
  return new Set(help.match(/(?<![\w-])--[a-z][\w-]*/g) ?? [])
}

/**
 * @param {string} help what a program made with commander prints for `--help`
 * @returns {string[]} the names of its commands
 */
export function commandsIn(help) {
  const [, list = ''] = help.split(/^Commands:$/m)
  return [...list.matchAll(/^ {2}([a-z][\w-]*)/gm)].flatMap(([, name]) => name ?? []).filter((name) => name !== 'help')
}

/**
 * @param {string} program
 * @param {string} help what a program of ours prints for `--help`
 * @returns {string[]} the program with each of the words that choose what it does, as its lines of usage show them
 */
export function usesIn(program, help) {
  return help.split('\n').flatMap((line) => {
    const [, word] = line.trim().startsWith(`${program} `)
      ? (/^([a-z]\w*)/.exec(line.trim().slice(program.length + 1)) ?? [])
      : []
    return word === undefined ? [] : `${program} ${word}`
  })
}
