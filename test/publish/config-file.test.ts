/** Which files of configurations are taken for nothing but values. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { pythonProgram } from '../../stack/checkout.ts';
import { isPlainConfig } from '../../src/publish/config-file.ts';

const BEGINNING = `import lsst.ip.isr.isrTask
assert type(config) is lsst.ip.isr.isrTask.IsrTaskConfig, f"config is of type {type(config).__module__}.{type(config).__name__} instead of lsst.ip.isr.isrTask.IsrTaskConfig"

`;

describe('a file of a configuration', () => {
  test('as stock Python writes it, with fields of all kinds, holds nothing but values', async () => {
    const program = fileURLToPath(new URL('../oracle/saved_configs.py', import.meta.url));
    const { stdout } = await promisify(execFile)(pythonProgram('python'), [program]);
    const texts = JSON.parse(stdout) as readonly string[];
    expect(texts).toHaveLength(2);
    for (const text of texts) {
      const refused = text.split('\n').filter((line) => !isPlainConfig(line));
      expect(refused).toEqual([]);
      expect(isPlainConfig(text)).toBe(true);
    }
  });

  test.each([
    'import os; os.abort()',
    'from os import abort',
    'import config',
    'os.abort()',
    'config.a=os.abort()',
    'config.a=__import__("os")',
    'config.a=[x for x in [1]]',
    'config.a=[1][0]',
    'config.a="a"("b")',
    'config.a="%s" % 1',
    'config.a=f"{os.abort()}"',
    'config.a=1; import os',
    'config.a=(1',
    'config.a=lambda: 1',
    'config.a=',
    'config.__class__=1',
    'config.a[os.abort()]=1',
    'config.load("other.py")',
    'config.a.retarget(target=os.abort(), ConfigClass=lsst.X)',
    'config.a.retarget(target=lsst.x, ConfigClass=os.abort)',
    'assert os.abort()',
    'assert type(config) is os.abort, f"config is of type {type(config).__module__}.{type(config).__name__} instead of os.abort"',
    'assert type(config) is a.B, f"{os.abort()}"',
    "config.a='''",
    'config.a="\\',
    '# a comment\rimport os; os.abort()',
    ' config.a=1',
    'if True: pass',
  ])('with the line %j could run it, and is refused', (line) => {
    expect(isPlainConfig(BEGINNING)).toBe(true);
    expect(isPlainConfig(`${BEGINNING}config.a=1\n${line}\n`)).toBe(false);
  });
});
