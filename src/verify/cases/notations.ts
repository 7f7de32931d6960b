import { table } from './case.js';

export const bases = table(String.raw`
1010_2 => 1010_2
1010_2 => 1010_{2}
1010_2 => 1010
1010_2 => (1010)_2
1010_2 => 1010_{\text{two}}
1010_2 =/= 1011_2
1010_2 =/= 10
1010_2 =/= 1010_3
1010_2 =/= A_{16}
10 => 1010_2
10 =/= 1010_3
152A_{11} => 152A_{11}
\text{A5}_{11} => A5_{11}
-221_3 => -221_3
-221_3 =/= 221_3
0.0011_{2} => 0.0011_2
0.0011_{2} =/= 0.0101_2
1010_2 =?= 1012_2
`);

export const ratiosAndTimes = table(String.raw`
3:5 => 3:5
3:5 => 3 : 5
3:5 => 6:10
3:5 => \frac35
3:5 => 3/5
3:5 =/= 5:3
1:2:3 => 2:4:6
1:2:3 =/= 1:2:4
12:00 => 12:00
12:00 =/= 12
12:00 =/= 24:00
9:24 => 9:24
9:24 =/= 3:8
4:30 \text{ p.m.} => 4:30 PM
4:30 \text{ p.m.} => \text{4:30 p.m.}
4:30 \text{ p.m.} => 4:30
4:30 \text{ p.m.} => 16:30
4:30 \text{ p.m.} =/= 4:30 a.m.
4:30 \text{ p.m.} =/= 4:31 p.m.
4\!:\!51\!:\!06 \text{ p.m.} => 4:51:06 pm
9\text{ a.m.} => 9:00 a.m.
9\text{ a.m.} => 9 AM
9\text{ a.m.} =/= 9 p.m.
\text{1:03 PM} => 1:03
05\!:\!00 => 5:00
`);

export const wordsAndChoices = table(String.raw`
\text{even} => \text{even}
\text{even} => even
\text{even} => Even
\text{even} => \textbf{even}
\text{even} => \mathrm{even}
\text{even} =/= odd
\text{even} =/= \text{even or odd}
\text{even} =/= \text{odd, even}
\text{two lines} => two lines
\text{two lines} => \text{Two lines.}
\mbox{Saturday} => Saturday
\text{east} => east
\text{red} => red
\mbox{four} => 4
\mbox{four} => four
13 => \text{thirteen}
\text{June 20} => June 20
\text{June 20} => 20 June
\text{June 20} => June 20th
\text{June 20} => Jun. 20
\text{June 20} =/= June 21
\text{June 20} =/= July 20
\text{October 30} => October 30, 2024
LQSX => LQSX
LQSX =/= QLSX
\text{MAKE} => MAKE
\text{A} => A
\text{A} => (A)
\text{A} => \text{(A)}
\text{A} => \textbf{(A)}
\text{A} => A.
\text{A} => \text{(A) } 5
\text{A} =/= B
\text{A} =/= a
\text{A} =/= A, B
\text{A} =/= A, B, C, D
\text{A} =/= \text{A or B}
\text{A} =/= \text{(A) or (B)}
\text{A} =/= \text{(A) B}
\text{A} =/= \text{ABCD}
\text{(E)}, => E
\text{A, D, F} => A,D,F
\text{A, D, F} => D, A, F
\text{A, D, F} => A, D and F
\text{A, D, F} =/= A,D
\text{A, D, F} =/= A,D,F,G
\text{H, E} => E, H
\text{Softball, Kickball, Picnic} => Softball, Kickball, Picnic
\text{Softball, Kickball, Picnic} =/= Kickball, Softball, Picnic
yes => \text{Yes}
no =/= yes
`);

export const policies = [
  ...table('1,2 => 1,2\n1,2 =/= 2,1', { listOrder: 'kept' }),
  ...table('28\\% => 0.28\n28\\% =/= 28\n0.28 => 28\\%\n28 =/= 28\\%', { percent: 'exact' }),
  ...table('5\\text{ km} => 5\\text{ km}\n5\\text{ km} =/= 5\n5\\text{ km} => 5000\\text{ m}', { units: 'required' }),
  ...table('5\\text{ km} => 5\\text{ miles}\n5\\text{ km} => 5', { units: 'ignored' }),
  ...table('[0,1) => 0\\le x<1\n(0,1) =/= 0<x<1\n(0,1) => (0,1)', { pairs: 'tuple' }),
  ...table('(0,1) => 0<x<1', { pairs: 'interval' }),
  ...table('4.2 => 4.3\n4.2 => 4.1\n4.2 => 4.15\n4.2 =/= 4.31\n4.2 =/= 42', { tolerance: 0.1 }),
  ...table('4.2 => 4.3\\%\n4.2 => 4.2\n4.2 => 0.042', { tolerance: 0.1, unit: '%' }),
  ...table('\\frac{41}{12} => \\frac{41}{12}\\text{ km}\n\\frac{41}{12} =/= \\frac{41}{12}\\text{ m}', { unit: 'km' }),
  ...table('166 => 166\n166 =/= 166\\text{ cm}', { unit: '$cm^2$' }),
  ...table('45 => 45^\\circ\n90 => \\frac{\\pi}{2}', { unit: '^{\\circ}' }),
];
