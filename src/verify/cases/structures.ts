import { table } from './case.js';

export const units = table(String.raw`
180\text{ miles} => 180
180\text{ miles} => 180 miles
180\text{ miles} => 180\text{ mi}
180\text{ miles} => 180~\mathrm{miles}
180\text{ miles} =/= 180\text{ km}
180\text{ miles} =/= 181\text{ miles}
180 => 180\text{ miles}
180 => 180 \text{ right triangles}
180 => 180 cm
25 \, \text{km} => 25000 \text{ m}
25 \, \text{km} =/= 25 \text{ m}
15\mbox{ cm}^2 => 15
15\mbox{ cm}^2 => 15\text{ cm}^2
15\mbox{ cm}^2 => 15 \text{ square centimeters}
15\mbox{ cm}^2 =/= 15\text{ cm}
15\mbox{ cm}^2 =/= 15\text{ cm}^3
864 \mbox{ inches}^2 => 6 \text{ square feet}
45\text{ mph} => 45 \text{ miles per hour}
45\text{ mph} =/= 45 \text{ feet per second}
114\text{ square units} => 114
114\text{ square units} =/= 114 \text{ cubic units}
10\;\text{edges} => 10
21\text{ dogs} => 21
8\sqrt{3} \text { square inches} => 8\sqrt3
20\text{ days} =/= 20 \text{ hours}
2\text{ days} => 48 \text{ hours}
6m => 6 m
6m =/= 6
6 =/= 6m
6 => 6\text{ m}
\approx 8.24 \text{ mph} => 8.24
\approx 8.24 \text{ mph} =/= 8.25
18 \text{ degrees} => 18^\circ
90^\circ => 90
90^\circ => 90^{\circ}
90^\circ => 90°
90^\circ => 90 \text{ degrees}
90^\circ => \frac{\pi}{2}
90^\circ =/= 91^\circ
90^\circ =/= \pi
\frac{990}{7}^\circ => \frac{990}{7}
45^\circ, 135^\circ => 135, 45
\frac{600}{7} => \frac{600}{7} \text{ km/h}
1\text{ gallon} =/= 1\text{ quart or 2}
`);

export const lists = table(String.raw`
1,2 => 1,2
1,2 => 2,1
1,2 => 1, 2
1,2 => 1;2
1,2 => 1 \text{ and } 2
1,2 => 1 \text{ or } 2
1,2 => 1 and 2
1,2 => \{1,2\}
1,2 => x=1, x=2
1,2 => x = 1, 2
1,2 => x=1 \text{ or } x=2
1,2 => $1$, $2$
1,2 =/= 1
1,2 =/= 1,2,3
1,2 =/= 1,3
1,2 =/= (1,2)
1,2 =/= 1,1
-2,-2 => -2,-2
-2,-2 =/= -2
\{4,5,7\} => \{7,5,4\}
\{4,5,7\} => 4,5,7
\{4,5,7\} =/= (4,5,7)
\{4,5,7\} =/= \{4,5\}
2, 3, \text{ and } 4 => 2,3,4
2, 3, \text{ and } 4 => 4, 3, and 2
-12 \text{ or } -30 => -30,-12
12\text{ and }13 => 12,13
1 \pm \sqrt{19} => 1+\sqrt{19}, 1-\sqrt{19}
1 \pm \sqrt{19} => 1 \pm \sqrt{19}
1 \pm \sqrt{19} =/= 1+\sqrt{19}
\{1\pm\sqrt{5},-2\} => -2, 1-\sqrt5, 1+\sqrt5
-1,1 => \pm 1
\frac{1}{2},\sqrt{x} => \sqrt{x}, 0.5
$69$,$84$ => 84, 69
a=2, a=-6-4 \sqrt{2} => a=-6-4\sqrt2, a=2
a=2, a=-6-4 \sqrt{2} => 2, -6-4\sqrt2
AB=9, CD=4 => AB=9, CD=4
AB=9, CD=4 => CD=4, AB=9
AB=9, CD=4 =/= AB=4, CD=9
1,3,5 =/= 1,3,5,7
0,1,2,3,4 => 4,3,2,1,0
(1,1), (3,2) => (3,2),(1,1)
(1,1), (3,2) =/= (1,1),(2,3)
(1,1), (3,2) => \{(1,1),(3,2)\}
x=\frac{1}{6} \pi+\pi k, \frac{1}{3} \pi+\pi k => \frac{\pi}{6}+k\pi, \frac{\pi}{3}+k\pi
\emptyset => \{\}
\emptyset =/= \{0\}
`);

export const tuplesAndIntervals = table(String.raw`
(3,5) => (3,5)
(3,5) => \left(3, 5\right)
(3,5) => \left( 3 , 5 \right)
(3,5) => (x,y)=(3,5)
(3,5) => \langle 3,5\rangle
(3,5) => \begin{pmatrix}3\\5\end{pmatrix}
(3,5) => 3<x<5
(3,5) =/= (5,3)
(3,5) =/= [3,5]
(3,5) =/= (3,5]
(3,5) =/= 3,5
(3,5) =/= (3,5,0)
(1,2,3) => (1,2,3)
(1,2,3) =/= [1,2,3]
(1,2,3) =/= (1,3,2)
(\frac12, \sqrt{2}) => (0.5, \sqrt2)
[0,25] => [0,25]
[0,25] => 0 \le x \le 25
[0,25] => x \in [0,25]
[0,25] => 25 \ge x \ge 0
[0,25] =/= 0 < x \le 25
[0,25] =/= (0,25)
(-\infty, 0] => x \le 0
(-\infty, 0] => 0 \ge x
(-\infty, 0] =/= x < 0
(-\infty, 0] =/= (-\infty,0)
(4,\infty) => x>4
(4,\infty) => (4, +\infty)
(4,\infty) => \{x \mid x>4\}
(4,\infty) => \{x \in \mathbb{R} : x>4\}
(4,\infty) =/= (4,-\infty)
x \in [-2,7] => [-2,7]
x \in [-2,7] => -2\le x\le 7
(-\infty, 3) \cup (3, \infty) => x \ne 3
(-\infty, 3) \cup (3, \infty) => \mathbb{R} \setminus \{3\}
(-\infty, 3) \cup (3, \infty) => (3,\infty)\cup(-\infty,3)
(-\infty, 3) \cup (3, \infty) => x<3 \text{ or } x>3
(-\infty, 3) \cup (3, \infty) =/= (-\infty,\infty)
(-\infty, 3) \cup (3, \infty) =/= (-\infty,3]\cup(3,\infty)
(-\infty,\infty) => \mathbb{R}
(-\infty,-7)\cup(-7, 3)\cup(3,\infty) => \mathbb{R}\setminus\{3,-7\}
(-\infty, 0) \cup\{1\} => (-\infty,0)\cup [1,1]
\{-1\} \cup [0,7) => [0,7) \cup \{-1\}
\{-1\} \cup [0,7) =/= [0,7)
[0,3] \cup [2,5] => [0,5]
-80\leq g(x)\leq 82 => [-80,82]
-80\leq g(x)\leq 82 =/= (-80,82)
[a +b, b] => [b+a,b]
k \geqslant 2 => [2,\infty)
k \geqslant 2 => k\ge 2
k \geqslant 2 =/= k>2
k \geqslant 2 =/= 2
k \geqslant 2 => k>=2
x<1 => -x>-1
x<1 => 2x<2
x<1 => 1>x
x<1 =/= -x<-1
x<1 =/= x>-1
2x+y<3 => 3>y+2x
(6,235^\circ) => (6,235^\circ)
\left( 2 \sqrt{2}, \frac{5 \pi}{4} \right) => (\sqrt8, 1.25\pi)
`);

export const matrices = table(String.raw`
\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} => \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}
\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} => \begin{pmatrix} 1 & 2 \\ 3 & 4 \\ \end{pmatrix}
\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} => \left(\begin{array}{cc} 1 & 2 \\ 3 & 4 \end{array}\right)
\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} =/= \begin{pmatrix} 1 & 3 \\ 2 & 4 \end{pmatrix}
\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} => \begin{pmatrix} 1 & 3 \\ 2 & 4 \end{pmatrix}^T
\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} =/= \begin{pmatrix} 1 & 2 & 3 & 4 \end{pmatrix}
\begin{pmatrix} -1/3 \\ 2/3 \end{pmatrix} => \begin{pmatrix} -\frac13 \\ \frac23 \end{pmatrix}
\begin{pmatrix} -1/3 \\ 2/3 \end{pmatrix} => \frac13\begin{pmatrix} -1 \\ 2 \end{pmatrix}
\begin{pmatrix} -1/3 \\ 2/3 \end{pmatrix} => \left(-\frac13, \frac23\right)
\begin{pmatrix} -1/3 \\ 2/3 \end{pmatrix} =/= \begin{pmatrix} -1/3 & 2/3 \end{pmatrix}
\begin{pmatrix} 2 & 0 \\ 0 & 2 \end{pmatrix} => 2\begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}
\begin{pmatrix} 4 & 6 \\ 8 & 10 \end{pmatrix} => \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} + \begin{pmatrix} 3 & 4 \\ 5 & 6 \end{pmatrix}
\begin{pmatrix} 7 & 10 \\ 15 & 22 \end{pmatrix} => \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}^2
\begin{pmatrix} -2 & 1 \\ 3/2 & -1/2 \end{pmatrix} => \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}^{-1}
-2 => \begin{vmatrix} 1 & 2 \\ 3 & 4 \end{vmatrix}
\begin{pmatrix} 1 & -1 \\ 1 & \phantom -1 \end{pmatrix} => \begin{pmatrix} 1 & -1 \\ 1 & 1 \end{pmatrix}
\begin{pmatrix} a & b \\ c & d \end{pmatrix} => \begin{pmatrix} a & b \\ c & d \end{pmatrix}
\begin{pmatrix} 1 \\ 2 \end{pmatrix} =?= \begin{pmatrix} 1 \\ 2 & 3 \end{pmatrix}
`);
