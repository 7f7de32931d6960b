/**
 * Chat templates of a model folder: how a conversation is written as the text that the model was trained on. Jinja, rendered as
 * transformers' `apply_chat_template` renders it. A template is somebody else's program: it may refuse a conversation, and it
 * may ask for the date, which is fixed here so that a prompt reads the same tomorrow.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import { z } from 'zod';
import { SoarError } from '../errors.js';
import { modelFileError, readModelText, readModelTextIfThere } from './model-file.js';
import type { Chat } from './tokenizer.js';

export interface ChatTemplates {
  /** Jinja, by name; most models have one, `default`. */
  readonly templates: Readonly<Record<string, string>>;
  /** What templates write as bos_token, eos_token, ... */
  readonly specialTokens: Readonly<Record<string, string>>;
  /** The file that they stand in, or would. */
  readonly where: string;
}

const named = z.array(z.looseObject({ name: z.string(), template: z.string() }));
const templatesSchema = z.union([z.string(), named]);

/** A special token is its text, or an object with the text in it. */
const tokenText = z.union([z.string(), z.looseObject({ content: z.string() })]);

/** From tokenizer_config.json. Keys that are no special tokens are passed over. */
export function specialTokensOf(config: object): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) => {
      const token = /^\w+_token$/.test(key) ? tokenText.safeParse(value) : undefined;
      if (!token?.success) return [];
      return [[key, typeof token.data === 'string' ? token.data : token.data.content]];
    }),
  );
}

/**
 * chat_template.jinja and additional_chat_templates/*.jinja where they are there, else `chat_template` of tokenizer_config.json.
 * Nothing is parsed before it is used: a model whose template cannot be read can still be asked in plain text.
 * @throws SoarError MODEL_CONFIG, MODEL_MISSING, MODEL_LFS_POINTER
 */
export async function readChatTemplates(folder: string, config: object): Promise<ChatTemplates> {
  const specialTokens = specialTokensOf(config);
  const path = join(folder, 'chat_template.jinja');
  const own = await readModelTextIfThere(path);
  const more = await additional(join(folder, 'additional_chat_templates'));
  if (own !== undefined || Object.keys(more).length > 0) {
    return { templates: { ...(own !== undefined && { default: own }), ...more }, specialTokens, where: path };
  }
  const where = join(folder, 'tokenizer_config.json');
  const given = 'chat_template' in config ? (config.chat_template ?? []) : [];
  const parsed = templatesSchema.safeParse(given);
  if (!parsed.success) {
    throw new SoarError('MODEL_CONFIG', 'chat_template: neither a template nor a list of templates with names', {
      where,
      remedy: 'use the tokenizer_config.json that belongs to the model',
    });
  }
  const templates =
    typeof parsed.data === 'string'
      ? { default: parsed.data }
      : Object.fromEntries(parsed.data.map(({ name, template }) => [name, template]));
  return { templates, specialTokens, where };
}

async function additional(folder: string): Promise<Record<string, string>> {
  const ending = '.jinja';
  let names: string[];
  try {
    names = (await readdir(folder)).filter((name) => name.endsWith(ending)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw modelFileError(folder, error);
  }
  const texts = names.map(async (name) => [name.slice(0, -ending.length), await readModelText(join(folder, name))]);
  return Object.fromEntries(await Promise.all(texts));
}

/**
 * Writes conversations, each with the cue for the assistant to speak.
 * @throws SoarError CHAT_TEMPLATE_MISSING, CHAT_TEMPLATE_UNKNOWN, CHAT_TEMPLATE_FAILED, when a conversation is written
 */
export function chatWriter({ templates, specialTokens, where }: ChatTemplates): (chat: Chat) => string {
  const parsed = new Map<string, Template>();
  return ({ messages, template: name = 'default' }) => {
    const source = templates[name];
    if (source === undefined) throw notThere(name, Object.keys(templates), where);
    try {
      const template = parsed.get(name) ?? new Template(datedBy + source);
      parsed.set(name, template);
      const own = { [fixedDate]: strftime, tools: null, documents: null };
      return template.render({ ...own, ...specialTokens, messages, add_generation_prompt: true });
    } catch (error) {
      throw new SoarError('CHAT_TEMPLATE_FAILED', `the chat template cannot write this: ${(error as Error).message}`, {
        where,
        remedy:
          'ask in plain text (mathematics.prompt: raw), or without a system prompt if it refuses one, or mend the template',
        cause: error,
      });
    }
  };
}

function notThere(name: string, names: readonly string[], where: string): SoarError {
  if (names.length === 0) {
    return new SoarError('CHAT_TEMPLATE_MISSING', 'the model has no chat template', {
      where,
      remedy:
        'ask it in plain text (mathematics.prompt: raw, or without --chat), or take the instruction-tuned model of its family',
    });
  }
  return new SoarError('CHAT_TEMPLATE_UNKNOWN', `the model has no chat template named ${name}`, {
    where,
    remedy: `it has ${names.join(', ')}`,
  });
}

/**
 * The library's own `strftime_now` tells the day of today and cannot be replaced from outside; the template is told another one
 * first. The line end belongs to the tag and is not written.
 */
const fixedDate = 'date_that_is_fixed';
const datedBy = `{% set strftime_now = ${fixedDate} %}\n`;

/** 26 July 2024, midnight: what Llama 3.1's template takes where it is told nothing. */
const dateParts: Readonly<Record<string, string>> = {
  ...{ Y: '2024', y: '24', m: '07', d: '26', e: '26', j: '208', B: 'July', b: 'Jul', h: 'Jul', A: 'Friday', a: 'Fri' },
  ...{ w: '5', u: '5', H: '00', I: '12', M: '00', S: '00', f: '000000', p: 'AM', Z: '', z: '', '%': '%' },
  ...{ F: '2024-07-26', D: '07/26/24', x: '07/26/24', T: '00:00:00', X: '00:00:00', c: 'Fri Jul 26 00:00:00 2024' },
};

/** As Python's, for that one day; `-` asks for no leading zero. */
function strftime(format: string): string {
  return format.replace(/%(-?)([a-zA-Z%])/g, (whole, short: string, part: string) => {
    const text = dateParts[part];
    return text === undefined ? whole : short ? text.replace(/^0+(?=.)/, '') : text;
  });
}
