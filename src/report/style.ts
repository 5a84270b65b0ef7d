/** Style of the page: system fonts, light or dark as the reader's system is set, light in print; no file is loaded. */
export const PAGE_CSS = `
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--soft:#f4f6f8;--line:#d5dae0;--muted:#59626d;--link:#0a63a8;
--good:#04755a;--near:#8a5a00;--bad:#a8321f;--open:#4f5965}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e4e7eb;--paper:#14171c;--soft:#1c2127;--line:#363d46;
--muted:#a3adb8;--link:#7cc0f8;--good:#4ecda4;--near:#e8b64c;--bad:#ff8d77;--open:#b3bcc6}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,"Segoe UI","Helvetica Neue",Arial,sans-serif}
main,header,footer,nav{max-width:1120px;margin:0 auto;padding:0 24px}
header{padding-top:40px}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .4rem;text-wrap:balance}
h2{font-size:1.35rem;margin:3rem 0 .8rem;padding-top:.9rem;border-top:1px solid var(--line)}
h3{font-size:1.05rem;margin:1.8rem 0 .5rem}
p{margin:.5rem 0;max-width:74ch}
a{color:var(--link)}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0;margin:1rem 0 0;font-size:.92rem}
.subtitle{color:var(--muted)}
.summary{font-size:1.08rem}
.key{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:1px;
border:1px solid var(--line);border-radius:8px;overflow:hidden;margin:1.4rem 0}
.key div{box-shadow:0 0 0 1px var(--line);padding:.7rem .9rem}
.key dt{font-size:.82rem;color:var(--muted)}
.key dd{margin:0;font-size:1.2rem;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}
caption{text-align:left;max-width:min(1072px,100vw - 64px);color:var(--muted);padding-bottom:.4rem;font-size:.92rem}
sup,sub{font-size:.75em;line-height:0}
th,td{text-align:left;vertical-align:top;padding:.42rem 1.1rem .42rem 0;border-bottom:1px solid var(--line)}
thead th{font-size:.82rem;color:var(--muted);font-weight:600;border-bottom:1px solid var(--muted)}
td.n,th.n{text-align:right;white-space:nowrap}
.findings tbody{border-bottom:1px solid var(--line)}
.findings td{border-bottom:0}.findings .verdict th{color:var(--muted);font-weight:400;padding-top:1.2rem;border-bottom:0}.findings tr:first-child td:first-child{width:24%;font-weight:600}
.findings tr:first-child td{padding-top:.9rem}
.findings .why td{padding:0 .7rem .9rem 0;color:var(--muted);font-size:.88rem}
.findings .why p{max-width:none;margin:.15rem 0}

.findings details{margin:.15rem 0}.findings summary{font-weight:400}
.links{list-style:none;padding:0;columns:2 380px;column-gap:2.4rem;font-size:.92rem}.links li{margin:.15rem 0;break-inside:avoid}
.findings .why b{color:var(--ink);font-weight:600}
.value,.whole{white-space:nowrap}.value{font-weight:600}
.badge{display:inline-block;border:1.5px solid currentColor;border-radius:1em;padding:.05em .7em;font-size:.82rem;line-height:1.35;font-weight:600}.findings tr:first-child td:last-child{min-width:10.5rem}
.findings tr:first-child td:nth-child(2){width:17%}.findings tr:first-child td:nth-child(4){min-width:10rem;width:17%}.findings tr:first-child td:nth-child(5){min-width:10rem;width:24%}
.reproduced{color:var(--good)}.near{color:var(--near)}.not{color:var(--bad)}.undecided{color:var(--open)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:1.6rem 2rem;align-items:start}
.figures.wide{grid-template-columns:minmax(0,1fr)}.figures:not(.wide) figure{max-width:720px}
figure{margin:0;min-width:0}
figure .tg-figure{width:100%}
.wide figure{max-width:820px;margin:0 auto}
figcaption{font-size:.9rem;color:var(--muted);margin-top:.3rem}
figcaption b{color:var(--ink)}
.plot{position:relative;container-type:inline-size}
.both svg+svg{display:none}
@container (max-width:450px){.both svg{display:none}.both svg+svg{display:block}}
.tools{display:flex;flex-wrap:wrap;gap:.3rem;margin-top:.3rem}
.tools button{font:inherit;font-size:.78rem;line-height:1.5;padding:.05rem .5rem;color:var(--ink);background:var(--soft);border:1px solid var(--line);border-radius:5px;cursor:pointer}
.tip{position:absolute;width:0;height:0;pointer-events:none;z-index:1}.tip[hidden]{display:none}
.tip::before{content:"";position:absolute;width:11px;height:11px;margin:-7.5px;border:2px solid var(--ink);border-radius:50%}
.tip p{position:absolute;left:12px;top:6px;width:max-content;max-width:260px;margin:0;padding:.25rem .5rem;white-space:pre-line;font-size:.82rem;line-height:1.4;color:var(--ink);background:var(--soft);border:1px solid var(--muted);border-radius:5px}
.tip .left{left:auto;right:12px}
svg [tabindex]{cursor:pointer}svg [data-e][data-off]{opacity:.35}svg [data-s][data-off]{display:none}
.missing{color:var(--muted);font-size:.92rem}
.facts{display:grid;grid-template-columns:minmax(9rem,max-content) minmax(0,1fr);gap:.3rem 1.4rem;font-size:.94rem;margin:.6rem 0}
.facts dt{color:var(--muted)}.facts dd{margin:0;overflow-wrap:anywhere;max-width:80ch}
details{margin:1rem 0}summary{cursor:pointer;font-weight:600}
pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:.8rem;font-size:.8rem;white-space:pre-wrap;overflow-wrap:anywhere}
pre.formula{font-size:.92rem;line-height:1.6}
code{font-family:ui-monospace,"SF Mono",Menlo,Consolas,monospace;font-size:.9em}
.columns{columns:2 420px;column-gap:2.4rem}.columns section{break-inside:avoid;padding-bottom:1rem}.columns h3{margin-top:0}
.narrow{max-width:560px}
.references li{margin:.4rem 0}
.references a{overflow-wrap:anywhere}
.scroll{overflow-x:auto}
footer{color:var(--muted);font-size:.86rem;padding-top:2rem;padding-bottom:3rem}
@media (max-width:1000px){
.findings thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.findings,.findings tbody,.findings tr,.findings td{display:block}
.findings td,.findings tr:first-child td{padding:.15rem 0;border-bottom:0;text-align:left;white-space:normal}
.findings td[data-label]::before{content:attr(data-label) ": ";color:var(--muted);font-weight:400}
.findings tr{padding:.2rem 0;border-bottom:0}.findings tr:first-child td:first-child{width:auto}
.findings .why td{padding:0}
}
@media (max-width:760px){
main,header,footer,nav{padding-left:16px;padding-right:16px}
caption{max-width:calc(100vw - 32px)}
.stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.stack,.stack caption,.stack tbody,.stack tr,.stack td{display:block}
.stack td{padding:.15rem 0;border-bottom:0;text-align:left;white-space:normal}
.stack td[data-label]:not([data-label=""])::before{content:attr(data-label) ": ";color:var(--muted);font-weight:400}
.stack tr{padding:.5rem 0;border-bottom:1px solid var(--line)}
.stack tr{display:grid;grid-template-columns:1fr 1fr;column-gap:1rem}
.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:.5rem}
}
@media print{
body{font-size:10pt}main,header,footer{max-width:none;padding:0}nav,.tools,.tip{display:none!important}.scroll{overflow:visible}
a{color:inherit;text-decoration:none}
h2,h3{break-after:avoid}figure,.findings tbody,tr{break-inside:avoid}
.figures{display:block}.figures figure{break-after:page;max-width:16cm;margin:0 auto}
.figures figure:last-child{break-after:auto}
}
`.trim();
