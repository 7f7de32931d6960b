/** Text made safe for HTML and SVG, in content and in quoted attributes. Whatever a model wrote passes through here. Pure. */

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Characters that XML 1.0 forbids, and lone surrogates, become U+FFFD, so that an SVG stays well-formed. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]).replace(forbidden, '\uFFFD');
}

const forbidden = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;
