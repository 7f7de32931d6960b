/** Names that an expression may use, beside the functions. */

/** Other names of functions. */
export const aliases: ReadonlyMap<string, string> = new Map([
  ['lg', 'log'],
  ['asin', 'arcsin'],
  ['acos', 'arccos'],
  ['atan', 'arctan'],
]);
/** Commands that are symbols. */
export const symbolCommands: ReadonlySet<string> = new Set(
  (
    'alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau upsilon phi ' +
    'varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar'
  ).split(' '),
);
/** Commands that name a thing by the letters that follow. */
export const namingCommands: ReadonlySet<string> = new Set([
  'angle',
  'triangle',
  'overline',
  'overrightarrow',
  'vec',
  'hat',
  'bar',
  'tilde',
  'widehat',
  'measuredangle',
  'mathbb',
  'overleftrightarrow',
]);
/** Letters that are functions where a bracket follows. */
export const unknownFunctions: ReadonlySet<string> = new Set(['f', 'g', 'h', 'F', 'G']);
