/** The tokens of an answer: LaTeX's many spellings of a thing are one token here. */

export type TokenKind =
  /** An unsigned number; `text` has digits, perhaps a point, perhaps `(142857)` for a repeating part. */
  | 'number'
  /** A run of Latin letters: a symbol, a product of symbols, a word or a unit, as the reader decides. */
  | 'letters'
  /** A named symbol or function, without the backslash. */
  | 'command'
  /** The content of `\text{..}` and its kin. */
  | 'text'
  /** One mark of `marks` below. */
  | 'mark'
  | 'begin'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Blank space stood before it. */
  readonly space: boolean;
}

/** Commands that are one mark. */
export const marks: ReadonlyMap<string, string> = new Map(
  (
    'cdot * times * ast * div / le ≤ leq ≤ leqslant ≤ leqq ≤ ge ≥ geq ≥ geqslant ≥ geqq ≥ lt < gt > ne ≠ neq ≠ in ∈ ' +
    'approx ≈ simeq ≈ sim ≈ doteq ≈ equiv ≡ cup ∪ cap ∩ setminus ∖ backslash ∖ pm ± mp ∓ infty ∞ colon : mid | vert | ' +
    'lvert | rvert | langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ lbrace \\{ rbrace \\} lbrack [ rbrack ] ' +
    "degree ° circ ° ldots … dots … cdots … prime ' to → rightarrow → Rightarrow → implies → iff → land & wedge & euro €" +
    ' pounds £ lparen ( rparen )'
  )
    .split(' ')
    .flatMap((word, i, all): [string, string][] => (i % 2 ? [] : [[word, all[i + 1] as string]])),
);

/** Commands that change how a thing looks and not what it is. */
export const ignored: ReadonlySet<string> = new Set(
  (
    'left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr middle displaystyle textstyle scriptstyle ' +
    'limits nolimits quad qquad boxed fbox thinspace enspace hfill tiny small large Large normalsize bf rm it sf cal ' +
    'mathstrut strut nobreak allowbreak'
  ).split(' '),
);

/** Commands whose argument is words. */
export const textCommands: ReadonlySet<string> = new Set(
  'text textbf textit textrm textnormal textsf texttt textup mbox hbox mathop'.split(' '),
);

/** Commands that change the face of their argument, which may be mathematics or a word. */
export const faceCommands: ReadonlySet<string> = new Set(
  'mathrm mathbf mathit mathsf mathtt mathnormal boldsymbol bm operatorname mathcal mathscr emph underline'.split(' '),
);

/** Functions and constants that people write without a backslash. */
export const plainNames: ReadonlySet<string> = new Set(
  (
    'sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln lg exp sqrt pi infinity infty theta alpha beta gamma ' +
    'lambda gcd lcm min max'
  ).split(' '),
);
