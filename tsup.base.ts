import { defineConfig, type Options } from 'tsup'

/** How every published package is built: one ESM file per entry, with types and source maps. */
export function library(options: Options = {}): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry: ['src/index.ts'],
    format: 'esm',
    target: 'node20',
    platform: 'node',
    dts: true,
    sourcemap: true,
    clean: true,
    // tsup would turn `node:fs` into `fs`, which a package of that name could shadow.
    removeNodeProtocol: false,
    ...options,
  })
}
