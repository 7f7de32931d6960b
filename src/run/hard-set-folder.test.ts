import { describe, expect, it } from 'vitest';
import { characterTokenizer, tokenizerFrom } from '../checkpoints/tokenizer-file.js';
import { mathematicsDomain } from '../problems/mathematics/domain.js';
import { mathematicsSettingsSchema } from '../problems/mathematics/settings.js';
import { programsDomain } from '../problems/world/domain.js';
import { checkHardSet, type HardSetManifest, promptForm } from './hard-set-folder.js';

const tokenizer = (template: string) =>
  tokenizerFrom(characterTokenizer('ab', '^'), {}, [], 'here', {
    templates: { default: template },
    specialTokens: {},
    where: 'here',
  });
const [plain, marked] = [tokenizer('{{ messages[-1].content }}'), tokenizer('[{{ messages[-1].content }}]')];
const form = (settings: object, of = plain) => {
  const domain = mathematicsDomain(mathematicsSettingsSchema.parse(settings));
  return promptForm(domain, of);
};

describe('the form of the student prompt that a hard set is bound to', () => {
  it('is the text around a question', () => {
    expect(form({})).toMatch(/^A conversation.*User: <QUESTION>\nAssistant:$/s);
    expect(promptForm(programsDomain, plain)).toBe('<QUESTION>=');
  });

  it('says whether it is a chat, and how the template writes it', () => {
    expect(form({ prompt: 'chat' })).toMatch(/^chat: <QUESTION>\n\nShow .*\.$/s);
    expect(form({ prompt: 'chat' }, marked)).toMatch(/^chat: \[<QUESTION>\n\nShow .*\.\]$/s);
  });

  it('is another one for another form, system prompt or template, and only then', () => {
    const forms = [form({}), form({ prompt: 'chat' }), form({ prompt: 'chat' }, marked)];
    expect(new Set(forms).size).toBe(3);
    expect(form({ system: 'Not heard in plain text.' })).toBe(forms[0]);
    const heard = tokenizer('{{ messages[0].content }}{{ messages[-1].content }}');
    expect(form({ prompt: 'chat', system: 'a' }, heard)).not.toBe(form({ prompt: 'chat', system: 'b' }, heard));

    const manifest = { screen: { model: 'm', prompt: forms[1] }, model: { folder: 'f' } } as HardSetManifest;
    const now = (prompt: string | undefined) => () =>
      checkHardSet(manifest, { model: 'm', prompt: prompt as string }, 'f');
    expect(now(forms[1])).not.toThrow();
    for (const other of [forms[0], forms[2]]) {
      expect(now(other)).toThrow(expect.objectContaining({ code: 'HARD_SET_OTHER_PROMPT' }));
    }
  });
});
