import { table } from './case.js';

export const expressions = table(String.raw`
x+1 => 1+x
x+1 => y = x+1
x+1 => f(x)=x+1
x+1 =/= x-1
x+1 =/= x
x+1 =/= 1
x+1 =/= y+1
(x+1)(x+2) => x^2+3x+2
(x+1)(x+2) =/= x^2+3x+3
x^4-16 => (x-2)(x+2)(x^2+4)
(x-1)^3(x+1)^3 => (x^2-1)^3
8x^9-125y^6 => (2x^3)^3-(5y^2)^3
xy => yx
xy => y \cdot x
2n => n+n
2n =/= 2n\%
2n =/= n=2n=2n
2^n => 2 \cdot 2^{n-1}
2^{k-n} => \frac{2^k}{2^n}
2^{k-n} =/= 2^{n-k}
\frac{n(n+1)}{2} => \frac{n^2+n}{2}
\frac{n(n+1)}{2} => n(n+1)/2
\frac{n(n+1)}{2} => \binom{n+1}{2}
\frac{1}{x-1} => -\frac{1}{1-x}
\frac{1}{x - 1} =/= x-1
\frac{1}{2} =/= \frac{1}{2} + x - x
x+2 => \frac{x^2-4}{x-2}
\binom{2n}{n} => \frac{(2n)!}{n!^2}
\binom{2n}{n} =/= \binom{2n}{n+1}
\frac{d !}{2 k(d-k) !} => \frac{d!}{2k \cdot (d-k)!}
m n-\lfloor m / 2\rfloor => mn - \lfloor \frac{m}{2} \rfloor
\lceil n / 2\rceil+1 => \lfloor \frac{n+1}{2}\rfloor+1
\left\lfloor\frac{2 n}{3}\right\rfloor+1 =/= \left\lfloor\log _{2} n\right\rfloor+1
\left\lfloor\log _{2} n\right\rfloor+1 => 1+\lfloor \log_2 n \rfloor
\left\lfloor\log _{2} n\right\rfloor+1 => \lfloor \log_2 (2n) \rfloor
\sin^2 x => 1-\cos^2 x
\sin^2 x => (\sin x)^2
\sin 3x => 3\sin x - 4\sin^3 x
2 \sin 5x \cos x => \sin 6x + \sin 4x
2 \sin b \cos a => 2\cos a \sin b
\tan \frac{x}{2} => \frac{\sin x}{1+\cos x}
\sec x => 1/\cos x
\cot x =/= \tan x
3 \sec \frac{1}{2} \theta => \frac{3}{\cos(\theta/2)}
\sqrt{x^2} =/= x
\sqrt{x^2} => |x|
30p \sqrt{p} => 30\sqrt{p^3}
30p \sqrt{p} => 30p^{3/2}
36x \sqrt{35x} =/= 36\sqrt{35x}
\sqrt{a^2 + b^2} =/= a+b
x^{11}+10x^9 => x^9(x^2+10)
7z^{96}(4z+1) => 28z^{97}+7z^{96}
7p+4e => 4e+7p
3 - 2f(x) => -2f(x)+3
3 - 2f(x) =/= 3 - 2g(x)
f(4 - x) => f(-x+4)
f(4 - x) =/= f(x-4)
f(2) =/= 2f(1)
v^2_0 => v_0^2
v^2_0 =/= v_0
x_1 =/= x_2
a_{1} => a_1
\overline{CD} => \overline{DC}
\overline{AB} =/= \overline{AC}
\frac{1}{7}\triangle ABC => \frac17 \triangle ABC
\alpha+\beta => \beta+\alpha
\cos^2\alpha => 1-\sin^2\alpha
\ln x => \frac{\log x}{\log e}
x^{-1} => 1/x
e^{x} => \exp(x)
|x| => |{-x}|
x! => x(x-1)!
\frac{\pi r}{h+r} => \pi\frac{r}{r+h}
\frac{2016}{2017^{2}} => 2016/2017^2
n^{2}-n+1 =/= n^{2}-n+2
k\left(4 k^{2}+k-1\right) / 2 => \frac{4k^3+k^2-k}{2}
3^x - 2^x =/= (3-2)^x
(n-2) 2^{n}+1 => n2^n - 2^{n+1} + 1
`);

export const relations = table(String.raw`
x \neq 3 => x != 3
x \neq 3 => x \not= 3
x \neq 3 =/= x = 3
x = 3 =/= x != 3
x = 3 =/= x \not= 3
5! = 120 => 120 = 5!
5! = 120 => 5!=120
x=4 => 4
x=4 => x=4
x=4 => 4=x
x=4 =/= x=5
x=4 =/= y=4
y=2x+3 => y=2x+3
y=2x+3 => 2x+3
y=2x+3 => y-2x=3
y=2x+3 => 2x-y+3=0
y=2x+3 => 2y=4x+6
y=2x+3 =/= y=2x-3
y=2x+3 =/= x=2y+3
y=2x+3 =/= 0=0
y=2x+3 =/= x=x
x + 2y - 2z - 9 = 0 => -x-2y+2z+9=0
x + 2y - 2z - 9 = 0 => x+2y-2z=9
x + 2y - 2z - 9 = 0 =/= x+2y-2z=-9
x + 2y - 2z - 9 = 0 =/= x(x+2y-2z-9)=0
\frac{x^2}{16} - \frac{y^2}{9} = 1 => 9x^2-16y^2=144
x^2 + y^2 = 13 => y^2+x^2=13
x^2 + y^2 = 13 =/= 13
s^2 \le 8r^2 => 8r^2 \ge s^2
s^2 \le 8r^2 =/= s^2 \ge 8r^2
s^2 \le 8r^2 =/= s^2 < 8r^2
f(2) < f(1) < f(4) => f(4)>f(1)>f(2)
f(2) < f(1) < f(4) =/= f(1)<f(2)<f(4)
f(x)=x+1 => f(x)=1+x
f(x)=x+1 => x+1
f(x)=x+1 => y=x+1
f(x)=x+1 =/= f(x)=x
f(n)=n, g(n)=1 => g(n)=1, f(n)=n
f(x)=-1,f(x)=x+1 => f(x)=x+1, f(x)=-1
M=2^{N-2}+1 => 2^{N-2}+1
m_{\max }=n^{2}-n-1 => n^2-n-1
\tan \theta = 2\theta => 2\theta=\tan\theta
k = \frac{-33}{2} => -16.5
AB=12+12\sqrt{3} => 12+12\sqrt3
5 => 2+3=5
5 => x=2+3=5
5 => a+b=5
5 => P(A)=5
\frac52 => x = \frac{10}{4} = 2.5
\frac52 =/= x = \frac{10}{4} = 2.6
\frac23 => \frac23 \approx 0.67
\frac23 =/= \frac23 \approx 0.66
0.67 => \frac23 \approx 0.67
5 =/= 7=5
5 =/= 5=7
5 =/= x=4=5
5 =/= 5x=5
5 =/= x^2=5
5 =/= 4 \approx 5
4 =/= x>4
0 =/= 0=0
0 =/= x^2-5x+6=0
\angle B E A_{1}=90,\angle A E B_{1}=90 => \angle BEA_1=90, \angle AEB_1=90
`);
