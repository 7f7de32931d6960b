/** A self-contained page: no script, no font, no picture from elsewhere, and a content policy that forbids them. Pure. */
import { escapeText } from './escape.js';
import { pageStyle } from './page-style.js';
import type { Table } from './table.js';

const policy = "default-src 'none'; style-src 'unsafe-inline'";

export function page(title: string, sections: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeText(title)} · SOAR</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
${sections.join('\n')}
</main>
</body>
</html>
`;
}

export function htmlTable({ columns, rows }: Table): string {
  const cells = (tag: 'th' | 'td', texts: readonly string[]) =>
    texts.map((text, c) => `<${tag} class="${columns[c].align}">${cellLines(text)}</${tag}>`).join('');
  const head = cells(
    'th',
    columns.map(({ header }) => header),
  );
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('')}</tbody></table></div>`;
}

/** The lines after the first are what qualifies it. */
function cellLines(text: string): string {
  const [first, ...rest] = text.split('\n').map(escapeText);
  return [first, ...rest.map((line) => `<small>${line}</small>`)].join('<br>');
}

export const section = (title: string, ...parts: readonly string[]) =>
  `<section><h2>${escapeText(title)}</h2>\n${parts.filter(Boolean).join('\n')}</section>`;

export const note = (text: string) => `<p class="note">${escapeText(text)}</p>`;

export const figure = (svg: string | undefined) => (svg === undefined ? '' : `<figure>${svg}</figure>`);
