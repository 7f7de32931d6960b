import { table } from './case.js';

export const integers = table(String.raw`
5 => 5
5 => 5.
5 => 5.0
5 => +5
5 => $5$
5 => \(5\)
5 => {5}
5 => \boxed{5}
5 => \mathbf{5}
5 => \text{5}
5 => \frac{10}{2}
5 => \sqrt{25}
5 => 10/2
5 => 2+3
5 => five
5 => \text{five}
5 => x=5
5 => x = 5
5 => 5 = x
5 => \{5\}
5 => 5.
5 =/= 6
5 =/= -5
5 =/= 50
5 =/= 5!
5 =/= 5x
5 =/= x
5 =/= (5,5)
5 =/= 5,6
-3 => -3
-3 => - 3
-3 => −3
-3 => (-3)
-3 =/= 3
-3 =/= -3,0
0 => 0
0 => -0
0 => 0.0
0 => \sqrt{2}\cdot\sqrt{3}-\sqrt{6}
0 =/= 10^{-20}
0 =/= \frac{1}{10^{300}}
0 =/= \frac{0}{0}
120 => 5!
120 => \binom{10}{3}
32 => 2^5
32 => 2^{5}
1024 => 2^10
512 => 2^{3^2}
2^{100} - 2 => 1267650600228229401496703205374
2^{100} - 2 =/= 1267650600228229401496703205375
3^{2007} =/= 3^{2008}
2^{4950} => 4^{2475}
\frac{1}{2004!} => \frac{1}{2004!}
\frac{1}{2004!} =/= \frac{1}{2005!}
\frac{1}{2^{98}} =/= -\frac{1}{2^{98}}
\frac{1}{2^{98}} => 2^{-98}
2021 \cdot 505 \cdot 337 => 343943885
`);

export const thousands = table(String.raw`
1000 => 1,000
1000 => 1{,}000
1000 => 1,\!000
1000 => 1\,000
1,\!000,\!000 => 1000000
111, \! 111, \! 111 => 111111111
15,600 => 15600
15,600 => 15,600
15,600 => 15, 600
15,600 =/= 15601
1,575,000 => 1575000
\$32,\!348 => 32348
\frac{12}{5,\!525} => \frac{12}{5525}
\frac{12}{5,525} => \frac{12}{5525}
2,\!598,\!960 => 2598960
27,54,108,135 => 135,108,54,27
27,54,108,135 =/= 27,54,108
(20,100) =/= 20100
(20,100) => (20, 100)
1000 =/= 1,00
1000 =/= 1.000,0
12345.5 => 12,345.5
`);

export const fractions = table(String.raw`
\frac12 => \frac{1}{2}
\frac12 => 1/2
\frac12 => 0.5
\frac12 => .5
\frac12 => 0.50
\frac12 => \dfrac{1}{2}
\frac12 => \tfrac12
\frac12 => \frac 1 2
\frac12 => \frac{2}{4}
\frac12 => ½
\frac12 => \frac{1}2
\frac12 => \left(\frac12\right)
\frac12 => 2^{-1}
\frac12 => 1 - \frac12
\frac12 => 1:2
\frac12 =/= \frac{1}{3}
\frac12 =/= 0.51
\frac12 =/= 12
\frac12 =/= 2
\frac34i => \frac{3i}{4}
\frac1{72} => \frac{1}{72}
\frac {40}7 => 40/7
\frac 74 => 1\frac34
3\frac18 => \frac{25}{8}
3\frac18 => 3.125
3\frac18 => 3 1/8
3\frac18 =/= \frac38
6\frac{1}{6} => \frac{37}{6}
-15\frac{3}{5} => -15.6
-15\frac{3}{5} =/= -14.4
\frac{-7}{23} => -\frac{7}{23}
\frac{7}{-23} => -\frac{7}{23}
\frac{1}{3} => 0.\overline{3}
\frac{1}{6} => 0.1\overline{6}
\frac{1}{6} =/= 0.\overline{16}
\frac{1}{3} => 0.333333
\frac{1}{3} => 0.33333333
\frac{1}{3} =/= 0.33
\frac{1}{3} =/= 0.333
\frac{2}{3} => 0.666667
\frac{2}{3} =/= 0.67
\frac{1}{7} => 0.142857
\frac{1}{7} =/= 0.142858
\frac{3}{4} => \frac{0.75}{1}
\dfrac{2469}{20,\!000} => 0.12345
\frac{5}{0} =/= 5
`);

export const decimals = table(String.raw`
0.5 => \frac{1}{2}
2.5 => \frac52
2.50 => 2.5
.2 => 0.2
.0000672 => 6.72 \times 10^{-5}
.0000672 => 6.72 \cdot 10^{-5}
.0000672 =/= .0000673
10.00 => 10
0.000992 =/= 0.000993
2.33 =/= 2.34
2.33 =/= \frac{7}{3}
1234567.8 =/= 1234567.9
3.14 =/= \pi
\pi => 3.14159265
\pi => 3.141593
\pi => 3.14159
\pi =/= 3.14
\pi =/= 3.1416
\pi =/= \frac{22}{7}
\sqrt{2} => 1.414214
\sqrt{2} =/= 1.41
4.2 => 4.2
104.99 =/= 105
1.5 \times 10^3 => 1500
`);

export const irrationals = table(String.raw`
\sqrt2 => \sqrt{2}
\sqrt2 => 2^{1/2}
\sqrt2 => 2^{\frac12}
\sqrt2 => \frac{2}{\sqrt{2}}
\sqrt2 => √2
\sqrt{12} => 2\sqrt{3}
\sqrt{12} => √12
\sqrt{12} => sqrt(12)
2\sqrt{3} =/= 3\sqrt{2}
2\sqrt{3} =/= 2\sqrt{3}i
\frac{1}{\sqrt{3}} => \frac{\sqrt{3}}{3}
\sqrt[3]{8} => 2
\sqrt[3]{-8} => -2
\sqrt[3]{4} => 4^{1/3}
\sqrt[4]{8} => 2^{3/4}
\frac{8}{\sqrt[3]{7}} => \frac{8 \cdot 7^{2/3}}{7}
1+\sqrt5 => \sqrt5+1
1+\sqrt{2006} =/= 1-\sqrt{2006}
\sqrt{6}+3\sqrt{2} => \sqrt{24+12\sqrt{3}}
\sqrt{6}+3\sqrt{2} =/= \sqrt{24+12\sqrt{3}+1}
\frac{\sqrt{6} - \sqrt{2}}{4} => \sin 15^\circ
\frac{\sqrt{6} - \sqrt{2}}{4} => \cos 75^{\circ}
\tan 15^\circ => 2-\sqrt{3}
\cos 13^\circ => \sin 77^\circ
\cos 13^\circ =/= \sin 78^\circ
\csc 10 => \frac{1}{\sin 10}
2\cos 15^{\circ} => \sqrt{2+\sqrt{3}}
\pi => \pi
10\pi => 10 \cdot \pi
\frac{9\pi}{2} => 4.5\pi
\frac94\pi => \frac{9\pi}{4}
\frac{9}{\pi^2}(\sqrt{3}+3) => \frac{9\sqrt{3}+27}{\pi^2}
\frac{81}{\pi} =/= 81\pi
\frac\pi2 => \pi/2
\log\left(\frac{2007}{2006}\right) => \log 2007 - \log 2006
\log\left(\frac{2007}{2006}\right) =/= \ln 2007 - \ln 2006
\ln 2 => \log_e 2
\log_2 8 => 3
2,-\log_{10} 250 => -\log 250, 2
\frac{\log 2}{\log 2-\log 3} => \frac{\ln 2}{\ln(2/3)}
e^2 => e \cdot e
2e =/= 2\pi
|{-3}| => 3
\left|-3\right| => 3
\lfloor 3.7 \rfloor => 3
\lceil 3.2 \rceil => 4
\gcd(12,18) => 6
\frac{100!}{2^{50}} => \frac{100!}{4^{25}}
`);

export const complexNumbers = table(String.raw`
i => i
i => \sqrt{-1}
1+2i => 2i+1
1+2i => 1 + i\cdot 2
1+2i =/= 1-2i
1+2i =/= 2+i
-\frac{1}{13} - \frac{5}{13}i => \frac{-1-5i}{13}
(1+i)^2 => 2i
\frac{1}{5} + \frac{3}{5}i => \frac{1+3i}{5}
e^{i\pi} => -1
-128 - 128 \sqrt{3} i => 256 e^{4\pi i/3}
1,i,-i => i, -i, 1
1,i,-i =/= 1,i,i
i\sqrt{3}, -i\sqrt{3} => \pm i\sqrt{3}
`);

export const percentAndMoney = table(String.raw`
28\% => 28\%
28\% => 28%
28\% => 28
28\% => 0.28
28\% => \frac{28}{100}
28\% => 28 \text{ percent}
28\% =/= 29\%
28\% =/= 2800
28\% =/= 2800\%
0.28 => 28\%
28 => 28\%
0.28 =/= 28
0.28 =/= 0.28\%
\frac12 =/= \frac12\%
62.5% => 62.5\%
62.5% => \frac{5}{8}
0.56 = 56\% => 0.56
0.56 = 56\% => 56\%
0.56 = 56\% =/= 0.57
\$18.90 => 18.90
\$18.90 => \$18.9
\$18.90 => 18.90 dollars
\$18.90 => 18.90\text{ dollars}
\$18.90 =/= 18.91
\$1,\!657 => \$1657
-\$0.50 => -0.5
-\$0.50 => -\$0.50
5.4 \text{ cents} => 5.4
5.4 \text{ cents} => \$0.054
5.4 \text{ cents} =/= \$5.4
\$\dfrac23 \approx \$0.67 => \frac23
\$\dfrac23 \approx \$0.67 => 0.67
\$\dfrac23 \approx \$0.67 =/= 0.68
32348 => \$32,348.00
5 =/= 5 \text{ million}
5000000 => 5 \text{ million}
24 => 2 \text{ dozen}
`);
