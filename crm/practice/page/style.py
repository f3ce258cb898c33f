"""Looks and the one script of the pages, kept inline so that nothing is fetched from anywhere."""

STYLE = """
:root{color-scheme:light dark;--bg:#f4f5f8;--card:#fff;--ink:#1c2230;--soft:#667085;--line:#e4e7ee;--brand:#0f766e;
--brand-soft:#d5f2ee;--warn:#b45309;--warn-soft:#fdf0d8;--bad:#b42318;--bad-soft:#fde4e1;--person:#6941c6;--person-soft:#ece5fb}
@media (prefers-color-scheme:dark){:root{--bg:#0f1318;--card:#181e26;--ink:#e6e9ef;--soft:#98a2b3;--line:#2a323d;
--brand:#5eead4;--brand-soft:#12332f;--warn:#fbbf24;--warn-soft:#3a2c0e;--bad:#fda29b;--bad-soft:#3d1a17;--person:#c4b5fd;
--person-soft:#2a2140}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:14px/1.45 system-ui,-apple-system,"Segoe UI",sans-serif}
header{display:flex;flex-wrap:wrap;gap:10px 28px;align-items:center;padding:14px 26px;background:var(--card);
border-bottom:1px solid var(--line)}
#figures{display:flex;gap:28px;flex-wrap:wrap}
header h1{font-size:17px;margin:0}header h1 a{color:inherit;text-decoration:none}
header h1::before{content:"";display:inline-block;width:12px;height:12px;border-radius:4px;background:var(--brand);
margin-right:9px}
.figure b{display:block;font-size:18px;font-variant-numeric:tabular-nums}.figure{color:var(--soft);font-size:12px}
.figure.bad b{color:var(--bad)}
main{display:grid;grid-template-columns:minmax(0,1fr) 370px;gap:18px;padding:18px 26px;max-width:1700px;margin:auto}
main.single{grid-template-columns:minmax(0,1fr) 440px;max-width:1250px}
@media (max-width:1050px){main,main.single{grid-template-columns:minmax(0,1fr)}}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px;margin-bottom:18px}
section>h2{font-size:14px;margin:0 0 10px;display:flex;justify-content:space-between;align-items:center;gap:10px}
h2 small{font-weight:400;color:var(--soft)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
th{font-weight:500;color:var(--soft);font-size:12px;text-align:left;padding:4px 10px 6px 0;white-space:nowrap}
td{border-top:1px solid var(--line);padding:6px 10px 6px 0;white-space:nowrap;max-width:230px;overflow:hidden;
text-overflow:ellipsis}
td.n{font-variant-numeric:tabular-nums;font-family:ui-monospace,monospace;font-size:13px}
tr.fresh td{background:var(--brand-soft)}
a{color:var(--brand);text-decoration:none}a:hover{text-decoration:underline}
aside td{padding-right:8px;max-width:165px}
.tag{display:inline-block;border-radius:99px;padding:0 8px;font-size:12px;
background:var(--brand-soft);color:var(--brand)}
.tag.person{background:var(--person-soft);color:var(--person)}.tag.bad{background:var(--bad-soft);color:var(--bad)}
.tag.warn{background:var(--warn-soft);color:var(--warn)}.tag.none{background:transparent;color:var(--soft)}
input,select,button{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--line);border-radius:8px;
padding:5px 9px;min-width:0}
button{cursor:pointer}button.main{background:var(--brand);border-color:var(--brand);color:var(--card)}
button.bad{color:var(--bad)}
form.row{display:flex;gap:8px;flex-wrap:wrap;align-items:center;margin:0 0 8px}
form.row input[type=search]{flex:1}input.short{width:74px}
.fields{display:grid;grid-template-columns:repeat(auto-fill,minmax(240px,1fr));gap:10px 16px}
.fields label{display:flex;flex-direction:column;font-size:12px;color:var(--soft);gap:3px}
.fields input,.fields select{color:var(--ink);font-size:14px}
.empty,.hint{color:var(--soft)}.hint{font-size:12px;margin:6px 0 0}
ul.plain{list-style:none;margin:0;padding:0}ul.plain li{border-top:1px solid var(--line);padding:7px 0}
ul.plain li:first-child{border:0}
ul.plain form{display:inline;margin-left:8px}
"""

# Refreshes the parts marked data-live every two seconds, unless a person is typing in one or the tab is hidden.
SCRIPT = """
setInterval(async () => {
  if (document.hidden) return;
  try {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(part.id);
      if (fresh && !part.contains(document.activeElement)) part.innerHTML = fresh.innerHTML;
    }
  } catch (error) { /* the CRM is away; the next round will tell */ }
}, 2000);
"""
