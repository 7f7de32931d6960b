import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatWriter, readChatTemplates } from './chat-template.js';
import type { Chat } from './tokenizer.js';
import { characterTokenizer, tokenizerFrom } from './tokenizer-file.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'chat-template-'));
});
afterAll(() => rm(root, { recursive: true }));

let count = 0;
async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(root, String(count++));
  await mkdir(join(folder, 'additional_chat_templates'), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

const asked: Chat = { messages: [{ role: 'user', content: 'Hi' }] };
const written = async (files: Readonly<Record<string, string>>, config: object, chat = asked) =>
  chatWriter(await readChatTemplates(await folderWith(files), config))(chat);
const inner = '{{ messages[0].content }}';

describe('where templates are found', () => {
  it('in tokenizer_config.json, one or several with names', async () => {
    expect(await written({}, { chat_template: `a${inner}` })).toBe('aHi');
    const several = [
      { name: 'tool_use', template: `t${inner}` },
      { name: 'default', template: `d${inner}` },
    ];
    expect(await written({}, { chat_template: several })).toBe('dHi');
    expect(await written({}, { chat_template: several }, { ...asked, template: 'tool_use' })).toBe('tHi');
  });

  it('in files of their own, which go before', async () => {
    const files = { 'chat_template.jinja': `f${inner}`, 'additional_chat_templates/short.jinja': `s${inner}` };
    const config = { chat_template: `a${inner}` };
    expect(await written(files, config)).toBe('fHi');
    expect(await written(files, config, { ...asked, template: 'short' })).toBe('sHi');
  });

  it('nowhere: that is said when a conversation is to be written, not before', async () => {
    await expect(written({}, {})).rejects.toMatchObject({
      code: 'CHAT_TEMPLATE_MISSING',
      where: expect.stringMatching(/tokenizer_config\.json$/),
      remedy: expect.stringContaining('mathematics.prompt: raw'),
    });
    const several = { chat_template: [{ name: 'rag', template: '' }] };
    await expect(written({}, several)).rejects.toMatchObject({
      code: 'CHAT_TEMPLATE_UNKNOWN',
      message: expect.stringContaining('default'),
      remedy: 'it has rag',
    });
  });

  it('not where something else stands in their place', async () => {
    await expect(written({}, { chat_template: 3 })).rejects.toMatchObject({
      code: 'MODEL_CONFIG',
      message: expect.stringMatching(/^chat_template: /),
    });
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n';
    await expect(written({ 'chat_template.jinja': pointer }, {})).rejects.toMatchObject({ code: 'MODEL_LFS_POINTER' });
  });
});

describe('what a template is told', () => {
  it('special tokens, as texts or as objects with one', async () => {
    const config = {
      chat_template: '{{ bos_token }}{{ eos_token }}',
      bos_token: '<s>',
      eos_token: { content: '</s>' },
    };
    expect(await written({}, config)).toBe('<s></s>');
  });

  it('that the assistant speaks next', async () => {
    expect(await written({}, { chat_template: '{% if add_generation_prompt %}>{% endif %}' })).toBe('>');
  });

  it('always the same day, also by templates that ask for today', async () => {
    const dated = `{{ strftime_now('%d %B %Y, %-d.%-m.%y %H:%M %% %q') }}`;
    expect(await written({}, { chat_template: dated })).toBe('26 July 2024, 26.7.24 00:00 % %q');
    const guarded = "{% if strftime_now is defined %}{{ strftime_now('%d %b %Y') }}{% endif %}";
    expect(await written({}, { chat_template: guarded })).toBe('26 Jul 2024');
  });

  it('its own first lines and blanks are what they would be without that', async () => {
    expect(await written({}, { chat_template: `\n  a\n{% if true %}\nb\n{% endif %}\n\n` })).toBe('\n  a\nb\n');
  });
});

it.each([
  ['refuses a conversation', "{{ raise_exception('no system prompts here') }}", /no system prompts here/],
  ['cannot be parsed', '{% if %}', /cannot write this/],
  ['needs a token that is not there', "{{ bos_token + 'a' }}", /undefined/],
])('says so when a template %s', async (_, template, message) => {
  await expect(written({}, { chat_template: template })).rejects.toMatchObject({
    code: 'CHAT_TEMPLATE_FAILED',
    message: expect.stringMatching(message),
    where: expect.stringMatching(/tokenizer_config\.json$/),
  });
});

describe('a tokenizer', () => {
  const chat = { templates: { default: '{{ bos_token }}{{ messages[0].content }}' }, where: 'here' };
  const tokenizer = (specialTokens: Readonly<Record<string, string>>, config: object = {}) =>
    tokenizerFrom(characterTokenizer('ab.', '^'), config, [3], 'here', { ...chat, specialTokens });
  const prompt: Chat = { messages: [{ role: 'user', content: 'ab' }] };

  it('puts no beginning-of-text token before one that the template wrote, and none where it wrote none', () => {
    const { encode, write } = tokenizer({ bos_token: '^' });
    expect(write(prompt)).toBe('^ab');
    expect([...encode(prompt)]).toEqual([0, 1, 2]);
    expect([...encode('ab')]).toEqual([0, 1, 2]);
    expect([...tokenizer({}).encode(prompt)]).toEqual([1, 2]);
    // The same text, once as text and once as a conversation.
    expect([...encode('^ab')]).toEqual([0, 0, 1, 2]);
  });

  it('ends texts with its own end token as well', () => {
    expect(tokenizer({}, { eos_token: 'b' }).endTokens).toEqual([3, 2]);
    expect(tokenizer({}, { eos_token: { content: '.' } }).endTokens).toEqual([3]);
    expect(tokenizer({}, { eos_token: 'none' }).endTokens).toEqual([3]);
  });
});
