/**
 * Colours and type of the figures, for light and dark. The hues are those of Okabe and Ito (2008), told apart by colour-blind
 * readers, darkened or lightened until each has a contrast of 3:1 on its ground.
 */

/** A hue's name; the style sheet gives it a value for light and one for dark. */
export type Colour = 'ink' | 'grey' | 'blue' | 'orange' | 'green' | 'purple' | 'amber' | 'sky';

const light: Readonly<Record<Colour, string>> = {
  ink: '#1f2328',
  grey: '#7d868f',
  blue: '#0072b2',
  orange: '#c95700',
  green: '#008a64',
  purple: '#a9508c',
  amber: '#947100',
  sky: '#3587b5',
};

const dark: Readonly<Record<Colour, string>> = {
  ink: '#e6e9ec',
  grey: '#8f99a3',
  blue: '#4fa8e0',
  orange: '#f08a3c',
  green: '#2fbf93',
  purple: '#dd8fc0',
  amber: '#d9b13b',
  sky: '#8fd0f5',
};

export const colour = (name: Colour) => `var(--${name})`;

const variables = (values: Readonly<Record<Colour, string>>, grid: string, paper: string) =>
  `${Object.entries(values)
    .map(([name, value]) => `--${name}:${value};`)
    .join('')}--grid:${grid};--paper:${paper};`;

/** For inside an SVG: it reads the same on its own and within a page. */
export const figureStyle = [
  `.figure{${variables(light, '#e4e7ea', '#ffffff')}font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-size:13px}`,
  `@media (prefers-color-scheme:dark){.figure{${variables(dark, '#343a41', '#14171a')}}}`,
  '.figure text{fill:var(--ink)}',
  '.figure .title{font-size:15px;font-weight:600}',
  '.figure .quiet{fill:var(--grey)}',
  '.figure .grid{stroke:var(--grid);stroke-width:1}',
  '.figure .line{fill:none;stroke-linejoin:round;stroke-linecap:round}',
].join('');
