import { describe, expect, it } from 'vitest';
import { escapeText } from './escape.js';

describe('escapeText', () => {
  it('leaves no character that could open a tag, an entity or a quote', () => {
    expect(escapeText(`<script>alert("x" & 'y')</script>`)).toBe(
      '&lt;script&gt;alert(&quot;x&quot; &amp; &#39;y&#39;)&lt;/script&gt;',
    );
    expect(escapeText('&lt;')).toBe('&amp;lt;');
  });

  it('replaces what XML forbids and keeps the rest', () => {
    expect(escapeText('a\u0000b\u001bc\uD800d\uFFFFe')).toBe('a\uFFFDb\uFFFDc\uFFFDd\uFFFDe');
    expect(escapeText('tab\tline\nünïcode 漢 🙂')).toBe('tab\tline\nünïcode 漢 🙂');
  });
});
