import { catalogue, type Setting, sectionNames } from './catalogue.ts'
import { configVariable } from './places.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|')

const code = (text: string | undefined): string => (text === undefined ? '' : `\`${text}\``)

function row({ name, about, expected, env, flag, default: fallback, example, secrecy }: Setting): string {
  const parts = [
    about,
    `Must be ${expected}.`,
    ...(example === undefined ? [] : [`Example: \`${name} = ${example}\`.`]),
    ...(secrecy === 'secret' ? ['In the environment only.'] : []),
    ...(secrecy === 'url'
      ? ['As a flag only without path, query and password: everybody can read a command line.']
      : []),
  ]
  return `| \`${name}\` | ${cell(parts.join(' '))} | ${cell(fallback ?? '')} | ${code(env)} | ${code(flag)} |`
}

function section(name: string): string {
  const rows = catalogue.filter((setting) => setting.section === name).map(row)
  return `## \`[${name}]\`

| Setting | Meaning | Default | Environment | Flag |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`
}

/** The text of docs/configuration.md. */
export function configurationPage(): string {
  return `# Configuration of \`perun-watcher\`

<!-- Written by \`pnpm docs:write\` from apps/daemon/src/config/schema.ts. Change it there. -->

Settings come from flags, the environment, one TOML file and defaults; the first of these that has a value wins. The file
is that of \`--config\` or \`${configVariable}\`, otherwise \`$XDG_CONFIG_HOME/perun-watcher/config.toml\` (usually below
\`~/.config\`), otherwise \`/etc/perun-watcher/config.toml\`. What is not listed here is refused. \`perun-watcher check-config\`
says what is wrong and what is missing.

In the environment and in flags, lists are separated by commas; an empty variable counts as not set. Paths are absolute, or
begin in the current directory. Files that hold a secret must be readable by their owner only.

A smallest file:

\`\`\`toml
[chain]
rpc = ["http://127.0.0.1:8545"]
id = 1
adjudicator = "0x0000000000000000000000000000000000000001"

[account]
keystore_file = "/etc/perun-watcher/keystore.json"
password_file = "/etc/perun-watcher/password"

[listen]
clients = ["rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"]
\`\`\`

${sectionNames.map(section).join('\n')}`
}
