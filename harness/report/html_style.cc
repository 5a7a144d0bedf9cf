// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/html_parts.h"

namespace rogate::report {

// Text on each verdict's colour has a contrast of at least 4.5 to 1 in both schemes (WCAG 2.1, 1.4.3); no verdict is
// told by its colour alone, since its word is in the cell.
const char* const kHtmlStyle = R"css(
:root{--bg:#fff;--fg:#1b1f24;--dim:#57606a;--line:#d0d7de;--soft:#f3f5f7;--link:#0550ae;
--good:#d9f2e1;--good-t:#0c4a24;--hole:#ffdcd4;--hole-t:#7a1a06;--leak:#ffeab8;--leak-t:#5c3d00;
--silent:#eadcff;--silent-t:#4a1d86;--over:#d3e6ff;--over-t:#0a3a7a;--other:#e4e8ec;--other-t:#30363d;--bad:#c1121f}
@media (prefers-color-scheme:dark){:root{--bg:#0f1419;--fg:#e3e8ee;--dim:#9aa5b1;--line:#353d47;--soft:#1a2129;--link:#7cb7ff;
--good:#12391f;--good-t:#a4e8bb;--hole:#4d1a10;--hole-t:#ffc0b0;--leak:#453208;--leak-t:#ffdf94;
--silent:#34215a;--silent-t:#dcc6ff;--over:#12305a;--over-t:#b5d5ff;--other:#2a323b;--other-t:#d3dae2;--bad:#ff6b6b}}
*{box-sizing:border-box}
html{color-scheme:light dark;scroll-padding-top:4.5rem}
body{margin:0;overflow-wrap:anywhere;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,"DejaVu Sans",sans-serif}
header,main,footer{max-width:110rem;margin:auto;padding:0 1.5rem}
h1{font-size:1.7rem;margin:1.5rem 0 .25rem}h2{font-size:1.25rem;margin:2.2rem 0 .6rem}h3{font-size:1rem;margin:1.2rem 0 .4rem}
p{margin:.4rem 0;max-width:60rem}a{color:var(--link)}a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px}
code,pre{font:13px/1.45 ui-monospace,"DejaVu Sans Mono",monospace}code{overflow-wrap:anywhere}
pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:.6rem .8rem;margin:.4rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
.dim{color:var(--dim)}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--bg);padding:.5rem 1rem;z-index:9}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;padding:0;margin:.8rem 0}
.state{display:inline-block;padding:.25rem .9rem;border-radius:99px;font-weight:600;background:var(--good);color:var(--good-t)}
.state.no{background:var(--hole);color:var(--hole-t);border:2px solid var(--bad)}
.cards{display:flex;flex-wrap:wrap;gap:.6rem;margin:1rem 0;padding:0;list-style:none}
.cards li{border-radius:8px;padding:.4rem .9rem;min-width:6rem}.cards b{display:block;font-size:1.4rem;line-height:1.2}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.2rem;margin:.6rem 0}dl.facts dt{color:var(--dim)}dl.facts dd{margin:0;overflow-wrap:anywhere}
.wide{overflow-x:auto;border:1px solid var(--line);border-radius:8px;margin:.4rem 0 1rem}
table{overflow-wrap:normal;border-collapse:separate;border-spacing:0;font-size:13px}
caption{text-align:left;padding:.5rem .7rem;color:var(--dim)}
th,td{padding:.2rem .55rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th{font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.map th[scope=row]{position:sticky;left:0;background:var(--bg);font-weight:400;white-space:nowrap}
.map th[scope=rowgroup]{position:sticky;left:0;background:var(--soft);padding-top:.5rem}
.map thead th{background:var(--soft);white-space:nowrap}.map thead .b{border-left:2px solid var(--line)}
.map td{padding:0;white-space:nowrap;border-left:1px solid var(--bg)}
.map td.b{border-left:2px solid var(--line)}
.map td>a{display:block;padding:.2rem .55rem;color:inherit;text-decoration:none}.map td>a:hover{text-decoration:underline}
.map td.none{color:var(--dim);text-align:center}
.sealed,.writes{background:var(--good);color:var(--good-t)}.hole,.corrupt{background:var(--hole);color:var(--hole-t)}
.leak{background:var(--leak);color:var(--leak-t)}.silent{background:var(--silent);color:var(--silent-t)}
.overblocked,.refused{background:var(--over);color:var(--over-t)}
.void,.hang,.crash,.skip-v,.error{background:var(--other);color:var(--other-t)}
.bad{font-weight:700;box-shadow:inset 0 0 0 2px var(--bad)}
.v{display:inline-block;padding:0 .55rem;border-radius:5px;min-width:4.2rem;text-align:center}.v a{color:inherit}
details{border:1px solid var(--line);border-radius:8px;margin:.4rem 0}details details{margin:.5rem 0}
summary{cursor:pointer;padding:.35rem .8rem}details>:not(summary){margin-left:.8rem;margin-right:.8rem}
details>div{padding-bottom:.6rem}:target{outline:3px solid var(--link);outline-offset:4px;border-radius:4px}
.seen{display:grid;grid-template-columns:7rem 1fr;gap:.2rem 1rem;margin:.5rem 0}.seen dt{color:var(--dim)}.seen dd{margin:0;min-width:0}
.seen ul{margin:0;padding-left:1.1rem}figure{margin:.3rem 0}figcaption{font-size:13px;color:var(--dim);overflow-wrap:anywhere}
svg.map1{display:block;width:100%;max-width:60rem;height:18px;background:var(--soft);border:1px solid var(--line)}svg.map1 path{fill:var(--bad)}
ul.strip{display:flex;flex-wrap:wrap;gap:2px;list-style:none;padding:0;margin:.6rem 0}.strip a,.strip span{display:block;width:1.5rem;height:1.9rem;border-radius:3px;text-align:center;text-decoration:none;line-height:1.9rem}
footer{margin-top:3rem;padding-bottom:2rem;color:var(--dim)}
@media (max-width:40rem){header,main,footer{padding:0 .7rem}.seen,dl.facts{grid-template-columns:1fr}.seen dt,dl.facts dt{margin-top:.4rem}
.map th[scope=row]{white-space:normal;min-width:8.5rem}}
@media print{:root{--bg:#fff;--fg:#000;--dim:#444;--line:#999;--soft:#fff}body{font-size:9pt}nav,.skip{display:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}table{font-size:7pt}.wide{overflow:visible}tr,figure,dt{break-inside:avoid}}
)css";

}  // namespace rogate::report
