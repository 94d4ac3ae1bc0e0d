-- カードを返納した人（どの名簿にも記憶にもない人）。引数 $month。一行＝一人。事業所、世帯、枝番の順。
-- 列は事業所・記号・番号・枝番・本人／家族。
select employer_id, symbol, number, branch, if(insured, '本人', '家族') as member_kind
from person
where month = $month and status = 'card_returned' and withheld_by is null
order by employer_id, symbol, coalesce(try_cast(number_key as hugeint), 0), number, branch
