/** The style sheet of `report.html`, for light and dark, screen and paper. */
export const pageStyle = `
:root{color-scheme:light dark;--text:#1f2328;--soft:#5d666f;--rule:#dfe3e6;--ground:#fff;--raised:#f5f6f8}
@media (prefers-color-scheme:dark){:root{--text:#e6e9ec;--soft:#a2abb4;--rule:#343a41;--ground:#14171a;--raised:#1d2125}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:780px;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .6rem}
h2{font-size:1.25rem;margin:3rem 0 1rem;padding-bottom:.3rem;border-bottom:1px solid var(--rule)}
h3{font-size:1rem;margin:1.6rem 0 .5rem}
small{font-weight:400;color:var(--soft)}
td small{font-size:.78rem;white-space:nowrap}
.lead{font-size:1.12rem;margin:.4rem 0 1.2rem}
.state{background:var(--raised);border-left:3px solid #c95700;padding:.5rem .9rem}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(10.5rem,1fr));gap:.5rem 1.25rem;margin:0;padding:.9rem 1rem;background:var(--raised);border-radius:6px}
.facts dt{font-size:.78rem;color:var(--soft)}
.facts dd{margin:0;overflow-wrap:anywhere}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.86rem;font-variant-numeric:tabular-nums}
th,td{padding:.34rem .55rem;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
th{font-weight:600}
th.right,td.right{text-align:right}
.questions .kind{white-space:nowrap;color:var(--soft)}
.questions .said{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere;white-space:pre-wrap}
.note{font-size:.86rem;color:var(--soft);margin:.5rem 0}
figure{margin:1.8rem 0}
figure svg{display:block;max-width:100%;height:auto}
details{margin:.7rem 0}
summary{cursor:pointer}
pre{overflow-x:auto;padding:.9rem 1rem;background:var(--raised);border-radius:6px;font-size:.82rem;line-height:1.4}
@media print{h2,h3{break-after:avoid}figure,tr{break-inside:avoid}}
`.trim();
