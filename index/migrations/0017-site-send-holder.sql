-- Which archive is at a send: the number of an advisory lock that it holds for as long as it lives (index/holder.ts). Null for
-- runs that began before, of which only run_until tells.
ALTER TABLE site.send ADD COLUMN holder integer;
