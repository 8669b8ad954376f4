/* copy.ts: configurations as text to paste: what `rung best --format args, json, campaign` prints. Pure. */
import type { Value } from "../data/answers";
import type { Model } from "../data/model";

export type Config = Record<string, Value>;

/* The parameters that a trial has. */
export function configOf(model: Model, row: number): Config {
  const config: Config = {};
  for (const p of model.columns.params) {
    const v = model.columns.column("=" + p.name)[row];
    if (!Number.isNaN(v)) config[p.name] = p.kind === "categorical" ? model.about.file.space[p.name].choices![v] : v;
  }
  return config;
}

const word = (text: string) => (/^[A-Za-z0-9_\-+=./:,%@]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`);

export const asArguments = (config: Config) => Object.entries(config).map(([name, v]) => `--${name} ${word(String(v))}`).join(" ");
export const asJson = (configs: Config[]) => JSON.stringify(configs.length === 1 ? configs[0] : configs);

/* A campaign that tries these first: the file of this one, under another name. */
export function asCampaign(model: Model, configs: Config[]): string {
  const { directory: _directory, ...trial } = model.about.file.trial;
  const file = { ...model.about.file, name: `${model.name}-again`, trial, enqueue: configs };
  const lines = Object.entries(file).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{\n${lines.join(",\n")}\n}\n`;
}
