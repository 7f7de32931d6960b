import type { Command } from 'commander';
import { configJsonSchema, configYaml, describedYaml, resolveConfig } from '../../run/config/config.js';
import { addConfigOptions, type ConfigOptions, configRequest } from '../options.js';

interface Options extends ConfigOptions {
  readonly schema: boolean;
  readonly describe: boolean;
}

export function addConfigCommand(program: Command): void {
  const command = program
    .command('config [config]')
    .description('print the complete config that `soar run` would use with the same arguments')
    .option('--describe', 'with the meaning of every key as comments', false)
    .option('--schema', 'print the JSON Schema of a config file instead', false);
  addConfigOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  $ soar config --preset programs --describe > my.yaml
  $ soar config --schema > soar.schema.json      for completion in your editor`,
    )
    .action((file: string | undefined, options: Options) => {
      const config = resolveConfig(configRequest(file, options));
      const text = options.schema
        ? `${JSON.stringify(configJsonSchema(), null, 2)}\n`
        : options.describe
          ? describedYaml(config)
          : configYaml(config);
      process.stdout.write(text);
    });
}
